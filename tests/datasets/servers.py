"""A server on this machine whose answers a test writes byte by byte."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], object]


class Handler(BaseHTTPRequestHandler):
    """Calls the answer of the server; `protocol_version` allows chunks."""

    server: "Server"
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Do not log."""

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.requests.append(dict(self.headers))
        try:
            self.server.answer(self)
        except OSError:
            return  # the client has closed the connection

    def send(self, status: int, body: bytes = b"", **headers: Any) -> None:
        """Send a complete answer; `_` in the names of headers means `-`."""
        self.send_response(status)
        for name, value in {"Content_Length": len(body), "Connection": "close", **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """Gives each request to `answer` and remembers its headers."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.requests = answer, list[dict[str, str]]()

    def url(self, name: str = "file.bin") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


@contextmanager
def serve(answer: Answer) -> Iterator[Server]:
    """Serve one answer until the end of the block."""
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
