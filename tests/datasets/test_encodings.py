import gzip
import zlib

import pytest

from respectra.datasets.encodings import BLOCK, decode_blocks
from respectra.datasets.server import BrokenError

BODY = bytes(range(256)) * 100
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
ENCODED = {
    "gzip": gzip.compress(BODY),
    "two members of gzip": gzip.compress(BODY[:999]) + gzip.compress(BODY[999:]),
    "zlib": zlib.compress(BODY),
    "bare": BARE.compress(BODY) + BARE.flush(),
}


def split(content: bytes, length: int) -> list[bytes]:
    return [content[start : start + length] for start in range(0, len(content), length)]


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("length", [1, 100, 10**6])
def test_an_answer_is_decoded_in_parts_of_any_size(name: str, length: int) -> None:
    assert b"".join(decode_blocks(split(ENCODED[name], length))) == BODY


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_an_answer_that_ends_too_early_is_not_taken_for_a_file(name: str, share: float) -> None:
    content = ENCODED[name]
    if name.startswith("two") and share == 0.1:
        content = ENCODED["gzip"]
    with pytest.raises(BrokenError, match="ends too early"):
        list(decode_blocks(split(content[: int(share * len(content))], 100)))


@pytest.mark.parametrize("content", [BODY, b"\x1f" + BODY, ENCODED["gzip"][:-8] + bytes(8)])
def test_a_damaged_answer_is_refused(content: bytes) -> None:
    with pytest.raises(BrokenError, match=r"is damaged|ends too early"):
        list(decode_blocks([content]))


def test_a_small_answer_that_decodes_to_much_comes_in_blocks() -> None:
    parts = decode_blocks([gzip.compress(bytes(8 << 20))])
    assert max(map(len, parts)) <= BLOCK
