"""Decoding of the content encodings `gzip` and `deflate` to their end, where their checksum is."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from respectra.datasets.server import BrokenError

BLOCK = 1 << 20  # bytes that a decoder returns at a time
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32  # recognised by their first bytes
BARE = -zlib.MAX_WBITS  # `deflate` as some servers send it, without a header


def decode_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Decode an answer with the encoding `gzip` or `deflate`.

    Args:
        blocks: the bytes of the answer, in parts of any size.

    Yields:
        Parts of at most one mebibyte, so that a small answer does not fill the memory.

    Raises:
        BrokenError: the answer is damaged, or ends before its end.
    """
    decoder: Any = None
    is_complete = False
    try:
        for block in blocks:
            rest = block
            while rest:
                if decoder is None or decoder.eof:  # gzip may consist of several members
                    decoder = _choose_decoder(rest)
                part = decoder.decompress(rest, BLOCK)
                rest = decoder.unconsumed_tail or decoder.unused_data
                is_complete = decoder.eof
                if part:
                    yield part
    except zlib.error as error:
        raise BrokenError(f"the encoded answer is damaged: {error}") from error
    if not is_complete:
        raise BrokenError("the encoded answer ends too early")


def _choose_decoder(start: bytes) -> Any:
    """A decoder for the first bytes of a member."""
    is_gzip = start[:1] == b"\x1f"
    is_zlib = start[0] & 15 == 8 and (len(start) < 2 or int.from_bytes(start[:2], "big") % 31 == 0)
    return zlib.decompressobj(GZIP_OR_ZLIB if is_gzip or is_zlib else BARE)
