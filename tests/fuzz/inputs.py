"""Malformed values, texts and files, as strategies of Hypothesis."""

import io
import pickle
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors.torch
import torch
from hypothesis import strategies as st
from PIL import Image

TEXTS = (
    "", " ", "null", "true", "no", "~", "4e-4", "1e-9", "0x_", "2020-13-45", ".", "..", "../evil",
    "/etc/hostname", "a/b", "{scene}", "{scene.__class__}", "{scene!r}", "{", "}", "{}", "{0}", "{other}",
    "torch.hub:load", "torch.utils.collect_env:run", "os:system", "scenes:store_dataset", "train ",
    "Train", "vaild", "méthode", "naïve\u202e", "a\nb", "a\tb", "*", "?", "%s", "-", "--help", "x" * 300,
    "everything", "auto", "paper", "linear", "hprn", "mst_plus_plus-", "-flips", "awan-nothing",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 3, 7, 10**9, 2**31, 2**53 + 1, 2**63, 10**30, 10**400, 0.0, -0.0, 0.5, 1e-9, 1e300, -1e300,
    5e-324, float("nan"), float("inf"), float("-inf"), True, False,
)  # fmt: skip


def nest(depth: int, *, mapping: bool) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if mapping else [value]
    return value


scalars = st.one_of(
    st.none(), st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.text(max_size=8)
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.sampled_from(TEXTS), scalars, max_size=3),
    st.builds(nest, st.sampled_from([3, 30, 60, 300]), mapping=st.booleans()),
    st.integers(0, 3).map(lambda power: [0] * 10**power),
)


@st.composite
def edits(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with one to three parts changed, removed, repeated or cut off."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.floats(0, 1))
        start = int(place * len(content))
        length = draw(st.sampled_from([1, 2, 8, 64, 1024, 10**6]))
        kind = draw(
            st.sampled_from(["cut", "flip", "zero", "drop", "repeat", "insert", "junk", "head"])
        )
        part = content[start : start + length]
        if kind == "cut":
            content = content[:start]
        elif kind == "flip":
            content = (
                content[:start]
                + bytes(b ^ draw(st.sampled_from([1, 128, 255])) for b in part[:4])
                + content[start + 4 :]
            )
        elif kind == "zero":
            content = content[:start] + bytes(len(part)) + content[start + length :]
        elif kind == "drop":
            content = content[:start] + content[start + length :]
        elif kind == "repeat":
            content = content[:start] + part + part + content[start + length :]
        elif kind == "insert":
            content = content[:start] + draw(st.binary(min_size=1, max_size=16)) + content[start:]
        elif kind == "junk":
            content = draw(
                st.sampled_from(
                    [
                        b"",
                        b"\0",
                        b"<html>no</html>",
                        b"PK\3\4",
                        b"\x89HDF\r\n\x1a\n",
                        b"\xff\xfe",
                        b"\n",
                        b"{}",
                    ]
                )
            )
        else:
            content = content[len(content) - start :]
    return content


# --- arrays and files of cubes --------------------------------------------------------------------

ARRAYS: dict[str, Callable[[], np.ndarray]] = {
    "right": lambda: np.linspace(0.1, 0.9, 12 * 14 * 31, dtype=np.float32).reshape(12, 14, 31),
    "double": lambda: np.linspace(0.1, 0.9, 12 * 14 * 31).reshape(12, 14, 31),
    "counts": lambda: np.arange(1, 1 + 12 * 14 * 31, dtype=np.uint16).reshape(12, 14, 31),
    "bytes": lambda: np.full((12, 14, 31), 7, np.uint8),
    "large": lambda: np.full((12, 14, 31), 1e30),
    "percent": lambda: np.full((12, 14, 31), 50.0),
    "nan": lambda: np.full((12, 14, 31), np.nan),
    "infinite": lambda: np.full((12, 14, 31), np.inf),
    "zero": lambda: np.zeros((12, 14, 31)),
    "negative": lambda: -np.ones((12, 14, 31)),
    "complex": lambda: np.ones((12, 14, 31), complex),
    "logical": lambda: np.ones((12, 14, 31), bool),
    "text": lambda: np.full((12, 14, 31), "a"),
    "times": lambda: np.full((12, 14, 31), 5, "m8[s]"),
    "record": lambda: np.zeros((12, 14, 31), [("a", "f4")]),
    "flat": lambda: np.ones((12, 14)),
    "four": lambda: np.ones((1, 12, 14, 31)),
    "empty": lambda: np.ones((0, 14, 31)),
    "no bands": lambda: np.ones((12, 14, 0)),
    "pixel": lambda: np.full((1, 1, 31), 0.5),
    "swapped": lambda: np.full((31, 12, 14), 0.5),
    "scalar": lambda: np.array(0.5),
}
WAVELENGTHS: dict[str, Any] = {
    "right": np.linspace(400, 700, 31),
    "few": np.linspace(400, 700, 30),
    "equal": np.full(31, 550.0),
    "micrometres": np.linspace(0.4, 0.7, 31),
    "descending": np.linspace(700, 400, 31),
    "nan": np.full(31, np.nan),
    "complex": np.linspace(400, 700, 31).astype(complex),
    "text": np.array(["blue"] * 31),
    "none": None,
}


PICKLES: tuple[Any, ...] = ([1], {"cube": 1}, np.ones(3), None, "text", print)


def write_pickles() -> list[bytes]:
    """Pickles of objects that are no weights, one of which calls a function when it is loaded."""
    plain = [pickle.dumps(value) for value in PICKLES]
    call = b"cos\nsystem\n(S'touch ran'\ntR."
    arrays = io.BytesIO()
    np.save(arrays, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return [*plain, call, arrays.getvalue(), b"\x80\x02}q\x00", b"(lp0\n", b"."]


# --- pictures, weights, archives ------------------------------------------------------------------


def draw_pixels(size: tuple[int, int]) -> np.ndarray:
    """The pixels of a picture, (rows, columns, 3), uint8."""
    return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)


def draw_deep_pixels(size: tuple[int, int]) -> np.ndarray:
    """The pixels of a picture of 16 bits, (rows, columns, 3)."""
    return np.random.default_rng(0).integers(0, 65536, (*size, 3), np.uint16)


def write_deep_png(size: tuple[int, int]) -> bytes:
    """A PNG of three channels of 16 bits, which Pillow does not write."""
    rows, columns = size
    lines = draw_deep_pixels(size).astype(">u2").reshape(rows, -1)
    data = b"".join(b"\0" + line.tobytes() for line in lines)  # no filter
    header = struct.pack(">IIBBBBB", columns, rows, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    body = [
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def write_picture(mode: str, form: str, size: tuple[int, int]) -> bytes:
    """A picture of a mode and form, or text where Pillow cannot write it."""
    rows, columns = size
    pixels = draw_pixels(size)
    file = io.BytesIO()
    try:
        image = Image.fromarray(pixels) if rows and columns else Image.new("RGB", (0, 0))
        if mode == "I;16":
            image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 256)
        elif mode != "RGB":
            image = image.convert(mode)
        frames = (
            {"save_all": True, "append_images": [image, image]} if form in ("GIF", "TIFF") else {}
        )
        image.save(file, form, **frames)
    except (OSError, ValueError, SystemError, KeyError, MemoryError):
        return b"no picture"
    return file.getvalue()


def write_bomb() -> bytes:
    """A PNG that states 2 · 10^9 pixels."""
    small = bytearray(write_picture("RGB", "PNG", (2, 2)))
    small[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(small)


STATES: dict[str, Callable[[dict[str, torch.Tensor]], Any]] = {
    "right": lambda state: state,
    "wrapped": lambda state: {"state_dict": state, "epoch": 3},
    "nan": lambda state: {k: v.float() * float("nan") for k, v in state.items()},
    "infinite": lambda state: {k: v.float() + float("inf") for k, v in state.items()},
    "half": lambda state: {k: v.half() for k, v in state.items()},
    "complex": lambda state: {k: v.to(torch.complex64) for k, v in state.items()},
    "integers": lambda state: {k: v.to(torch.int32) for k, v in state.items()},
    "missing": lambda state: dict(list(state.items())[1:]),
    "more": lambda state: {**state, "more.weight": torch.zeros(2)},
    "other shapes": lambda state: {k: v[None] for k, v in state.items()},
    "numbers": lambda state: dict.fromkeys(state, 1.0),
    "keys are numbers": lambda state: dict(enumerate(state.values())),
    "two sets": lambda state: {"state_dict": state, "params": {k: v + 1 for k, v in state.items()}},
    "list": lambda state: list(state.values()),
    "empty": lambda state: {},
    "sparse": lambda state: {k: v.to_sparse() for k, v in state.items()},
    "meta": lambda state: {k: v.to("meta") for k, v in state.items()},
    "format": lambda state: {"format": 99, "bands": 31, "state_dict": state},
}


def write_weights(state: dict[str, torch.Tensor], variation: str, suffix: str) -> bytes:
    """A file of weights, or text where the format cannot hold them."""
    content = STATES[variation](state)
    file = io.BytesIO()
    try:
        if suffix == ".safetensors":
            return safetensors.torch.save({str(k): v.contiguous() for k, v in content.items()})
        torch.save(content, file)
    except Exception:
        return b"no weights"
    return file.getvalue()
