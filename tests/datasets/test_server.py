import json
import time
from collections.abc import Callable

import pytest

from respectra.datasets.server import FetchError, Limits, check_address, choose_limits, read_json
from tests.datasets.servers import Handler, serve

QUICK = Limits(stalled_seconds=0.1)


def test_a_redirect_never_leaves_encryption() -> None:
    check_address("https://a.example/b", "http://a.example/a")
    check_address("https://a.example/b", "https://b.example/a")
    with pytest.raises(FetchError, match="https://a/a redirects to http://a/b, which is not encr"):
        check_address("http://a/b", "https://a/a")


def test_json_is_read() -> None:
    with serve(lambda h: h.send(200, json.dumps({"files": []}).encode())) as server:
        assert read_json(server.url(), QUICK) == {"files": []}


def drip(handler: Handler) -> None:
    handler.send(200, Content_Length=10**6)
    for _ in range(50):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.02)


def send_without_end(handler: Handler) -> None:
    handler.send(200, Content_Length=10**12)
    while True:
        handler.wfile.write(bytes(1 << 20))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda h: h.send(404), "answers with the status 404"),
        (lambda h: h.send(200, b"<html>"), "does not answer in JSON"),
        (lambda h: h.send(200, b"[" * 100_000), "does not answer in JSON"),
        (lambda h: h.send(200, b"\xff\xfe\x00"), "does not answer in JSON"),
        (drip, "does not answer: no answer within 0.3 s|timed out"),
        (lambda h: h.send(302, Location="file:/etc/hostname"), "is no address of a server"),
    ],
)
def test_other_answers_are_named(answer: Callable[[Handler], object], message: str) -> None:
    with serve(answer) as server, pytest.raises(FetchError, match=message):
        read_json(server.url(), QUICK)


def test_an_endless_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("respectra.datasets.server.LONGEST_JSON", 1 << 20)
    with (
        serve(send_without_end) as server,
        pytest.raises(FetchError, match="sends more than 1 MiB"),
    ):
        read_json(server.url(), Limits(stalled_seconds=2))


def test_a_server_that_does_not_exist_is_named() -> None:
    with pytest.raises(FetchError, match="http://127.0.0.1:9/x: does not answer"):
        read_json("http://127.0.0.1:9/x", QUICK)


def test_limits_are_chosen_among_other_settings() -> None:
    assert choose_limits({"gigabytes": 2.0, "tries": 3}) == Limits(gigabytes=2.0)
