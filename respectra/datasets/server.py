"""Requests to servers that are not trusted: only to the network, with limits of time and size."""

import json
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

LONGEST_JSON = 32 << 20  # bytes
MOST_REDIRECTS = 10


class FetchError(ValueError):
    """A file cannot be transferred, verified or unpacked."""


class BrokenError(Exception):
    """A transfer broke; another try may continue it."""


@dataclass(frozen=True)
class Limits:
    """How long and how large a transfer may be.

    Attributes:
        stalled_seconds: a connection without data for this time counts as broken.
        kilobytes_per_second: a connection that is slower for a minute counts as broken.
        gigabytes: a file that is larger is refused.
        slow_seconds: the time over which the speed is measured.
    """

    stalled_seconds: float = 20.0
    kilobytes_per_second: float = 1.0
    gigabytes: float = 200.0
    slow_seconds: float = 60.0


class _Session(requests.Session):
    """Follows redirects to http and https only, and never from https to http."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is not None:
            check_address(urljoin(resp.url, target), resp.url)
        return target


def make_session() -> requests.Session:
    """A session that repeats requests that a busy server has refused."""
    session = _Session()
    session.max_redirects = MOST_REDIRECTS
    retry = Retry(
        total=3, connect=1, read=0, backoff_factor=0.2, status_forcelist=(429, 500, 502, 503, 504),
        respect_retry_after_header=False,
    )  # fmt: skip
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    session.headers["Accept-Encoding"] = "identity"
    return session


def check_address(url: str, origin: str | None = None) -> None:
    """Refuse an address that is not on the network.

    Args:
        url: an address.
        origin: the address that redirected to it.

    Raises:
        FetchError: the address is not http or https, or a redirect leads from https to http.
    """
    redirect = f"{origin} redirects to " if origin else ""
    try:
        address, before = urlsplit(url), urlsplit(origin or "").scheme.lower()
        scheme = address.scheme.lower() if address.hostname and address.port != 0 else ""
    except ValueError:  # a port or an address of IPv6 that is none
        scheme, before = "", ""
    if scheme not in ("http", "https"):
        raise FetchError(f"{redirect}{url}: is no address of a server; it must be http or https")
    if before == "https" and scheme == "http":
        raise FetchError(f"{redirect}{url}, which is not encrypted; it is not followed")


def within(seconds: float, function: Callable[[], Any]) -> Any:
    """Call a function that waits for a server, and stop waiting after some time.

    Raises:
        BrokenError: the function has not returned in time.
    """
    results: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()

    def call() -> None:
        try:
            results.put((function(), None))
        except BaseException as error:
            results.put((None, error))

    threading.Thread(target=call, daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except queue.Empty:
        raise BrokenError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return result


def read_json(url: str, limits: Limits | None = None) -> Any:
    """The value that a server sends as JSON.

    Raises:
        FetchError: the server does not answer, or sends something else.
    """
    limits = limits or Limits()
    check_address(url)

    def read() -> bytes:
        with (
            make_session() as session,
            session.get(url, stream=True, timeout=limits.stalled_seconds) as answer,
        ):
            if answer.status_code != 200:
                raise FetchError(f"{url}: answers with the status {answer.status_code}")
            content = b""
            for block in answer.iter_content(1 << 16):
                content += block
                if len(content) > LONGEST_JSON:
                    raise FetchError(f"{url}: sends more than {LONGEST_JSON >> 20} MiB")
            return content

    try:
        return json.loads(within(3 * limits.stalled_seconds, read))
    except (requests.RequestException, BrokenError) as error:
        raise FetchError(f"{url}: does not answer: {error}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError(f"{url}: does not answer in JSON: {error}") from error


def choose_limits(settings: Mapping[str, Any]) -> Limits:
    """The limits among the settings of a data set or a test; others are left out."""
    names = {field.name for field in fields(Limits)}
    return Limits(**{key: value for key, value in settings.items() if key in names})
