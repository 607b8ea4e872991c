"""Photographs of every kind that cameras, scanners and programs write, whole, cut or claiming."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from respectra.photos import TURNS, read_photo
from respectra.pictures import read_rgb
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

SIZE = (12, 14)
EXACT, ROUGH = 0.0, 60.0  # of 255: lossless forms, and JPEG of noise
Array = NDArray[Any]
ORIENTATION = 0x0112
ORIENTATIONS: tuple[Any, ...] = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    255,
    65535,
    "6",
    "top",
    (6, 3),
    6.5,
    b"\6",
)
NAMES = ("a.jpg", "a.png", "a.tif", "a.webp", "a", "a.JPEG", "a.heic", "a.gif")


class PhotoCase(NamedTuple):
    """A file, and the pixels that it means."""

    what: str
    name: str
    content: bytes
    pixels: Array | None  # (rows, columns, 3); None if any, or a refusal, is right
    tolerance: float = EXACT
    is_refused: bool = False  # whether accepting it is wrong


class Form(NamedTuple):
    """How a kind of photograph is written, and what it means."""

    write: Callable[[], bytes]
    pixels: Callable[[], Array] | None = None
    tolerance: float = EXACT
    is_refused: bool = False


def colours() -> Array:
    """Pixels of 8 bits, (rows, columns, 3)."""
    return inputs.draw_pixels(SIZE)


def deep() -> Array:
    """Pixels of 16 bits, (rows, columns, 3)."""
    return inputs.draw_deep_pixels(SIZE)


def grey(pixels: Array) -> Array:
    """The first channel, three times."""
    return np.repeat(pixels[..., :1], 3, axis=2)


def save(image: Image.Image, form: str, **options: Any) -> bytes:
    """The content of a file that Pillow writes."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def save_mode(mode: str, form: str, **options: Any) -> bytes:
    """A picture that is converted to a mode of Pillow."""
    return save(Image.fromarray(colours()).convert(mode), form, **options)


def save_frames(form: str) -> bytes:
    """An animation, or pages."""
    frames = [Image.fromarray(colours() // k) for k in (1, 2, 3)]
    options = LOSSLESS["JPEG"] if form == "MPO" else {}
    return save(frames[0], form, save_all=True, append_images=frames[1:], **options)


def write_tiff(pixels: Array, **options: Any) -> bytes:
    """The content of a TIFF."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **{"photometric": "rgb", "metadata": None, **options})
    return file.getvalue()


def add_alpha(pixels: Array) -> Array:
    """A fourth channel that is half transparent."""
    return np.concatenate([pixels, pixels[..., :1] // 2], axis=2)


def write_profile(profile: bytes, form: str) -> bytes:
    """A picture with a colour profile."""
    return save(Image.fromarray(colours()), form, icc_profile=profile)


def _turn(pixels: Array, orientation: Any) -> Array:
    transpose, flip_rows, flip_columns = TURNS.get(orientation, (False, False, False))
    turned = pixels.swapaxes(0, 1) if transpose else pixels
    turned = turned[::-1] if flip_rows else turned
    return turned[:, ::-1] if flip_columns else turned


def write_oriented(orientation: Any, form: str) -> bytes:
    """A picture whose EXIF states an orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    try:
        return save(Image.fromarray(colours()), form, exif=exif, **LOSSLESS.get(form, {}))
    except Exception:  # Pillow writes no such value
        return save(Image.fromarray(colours()), form, **LOSSLESS.get(form, {}))


def write_exif(content: bytes, form: str) -> bytes:
    """A picture whose EXIF is broken."""
    return save(Image.fromarray(colours()), form, exif=content, **LOSSLESS.get(form, {}))


def claim_png(columns: int, rows: int) -> bytes:
    """A PNG whose header states another size."""
    content = bytearray(save_mode("RGB", "PNG"))
    content[16:24] = struct.pack(">II", columns, rows)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


def claim_jpeg(columns: int, rows: int) -> bytes:
    """A JPEG whose frame states another size."""
    content = bytearray(save_mode("RGB", "JPEG"))
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = struct.pack(">HH", rows, columns)
    return bytes(content)


def claim_tiff(columns: int, rows: int) -> bytes:
    """A TIFF whose tags state another size."""
    content = bytearray(write_tiff(colours()))
    for tag, value in ((256, columns), (257, rows)):
        place = content.index(struct.pack("<H", tag), 8)
        content[place + 2 : place + 12] = struct.pack("<HII", 4, 1, value)
    return bytes(content)


def claim_gif(columns: int, rows: int) -> bytes:
    """A GIF whose screen states another size."""
    content = bytearray(save_mode("P", "GIF"))
    content[6:10] = struct.pack("<HH", columns, rows)
    return bytes(content)


def claim_bmp(columns: int, rows: int) -> bytes:
    """A BMP whose header states another size."""
    content = bytearray(save_mode("RGB", "BMP"))
    content[18:26] = struct.pack("<ii", columns, rows)
    return bytes(content)


LOSSLESS: dict[str, dict[str, Any]] = {
    "WEBP": {"lossless": True},
    "JPEG": {"quality": 95, "subsampling": 0},
}
PALETTE = partial(lambda: np.asarray(Image.fromarray(colours()).convert("P").convert("RGB")))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
HUGE = ((65_500, 65_500), (2**31 - 1, 1), (1, 2**31 - 1), (100_000, 100_000), (0, 0), (14, 20))
BROKEN_EXIF = (
    b"", b"Exif\0\0", b"Exif\0\0II*\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x07\0\xff\xff\xff\xff\0\0\0\0", b"Exif\0\0" + bytes(40), b"junk" * 9,
)  # fmt: skip


def list_forms() -> dict[str, Form]:
    """The kinds of photographs by their names."""
    half = (deep() / 65535).astype(np.float16)
    forms = {
        "png": Form(partial(save_mode, "RGB", "PNG"), colours),
        "png of 16 bits": Form(partial(inputs.write_deep_png, SIZE), deep),
        "png of a palette": Form(partial(save_mode, "P", "PNG"), PALETTE),
        "png of a transparent palette": Form(partial(save_mode, "P", "PNG", transparency=3), PALETTE),
        "png with transparency": Form(lambda: save(Image.fromarray(add_alpha(colours())), "PNG"), colours),
        "grey png of 16 bits": Form(lambda: save(Image.fromarray(deep()[..., 0]), "PNG"), lambda: grey(deep())),
        "animated png": Form(partial(save_frames, "PNG"), is_refused=True),
        "animated gif": Form(partial(save_frames, "GIF"), is_refused=True),
        "animated webp": Form(partial(save_frames, "WEBP"), is_refused=True),
        "pages": Form(partial(save_frames, "TIFF"), is_refused=True),
        "mpo": Form(partial(save_frames, "MPO"), colours, ROUGH),
        "gif": Form(partial(save_mode, "P", "GIF"), PALETTE),
        "jpeg": Form(partial(save_mode, "RGB", "JPEG", quality=95, subsampling=0), colours, ROUGH),
        "progressive jpeg": Form(partial(save_mode, "RGB", "JPEG", progressive=True, quality=95, subsampling=0), colours, ROUGH),
        "cmyk jpeg": Form(partial(save_mode, "CMYK", "JPEG", quality=95), colours, 2 * ROUGH),
        "grey jpeg": Form(partial(save_mode, "L", "JPEG")),
        "webp": Form(partial(save_mode, "RGB", "WEBP", lossless=True), colours),
        "webp with loss": Form(partial(save_mode, "RGB", "WEBP")),
        "webp with transparency": Form(lambda: save(Image.fromarray(add_alpha(colours())), "WEBP", lossless=True, exact=True), colours),
        "cmyk tiff": Form(partial(save_mode, "CMYK", "TIFF"), colours, 1.0),
        "lab tiff": Form(partial(save_mode, "LAB", "TIFF")),
        "ycbcr tiff": Form(partial(save_mode, "YCbCr", "TIFF"), colours, 4.0),
        "lzw": Form(partial(save_mode, "RGB", "TIFF", compression="tiff_lzw"), colours),
        "deflate": Form(partial(save_mode, "RGB", "TIFF", compression="tiff_adobe_deflate"), colours),
        "packbits": Form(partial(save_mode, "RGB", "TIFF", compression="packbits"), colours),
        "fax": Form(partial(save_mode, "1", "TIFF", compression="group4")),
        "jpeg in tiff": Form(partial(save_mode, "RGB", "TIFF", compression="jpeg")),
        "lzw of 16 bits": Form(lambda: save(Image.fromarray(deep()[..., 0]), "TIFF", compression="tiff_lzw"), lambda: grey(deep())),
        "tiff of 16 bits": Form(lambda: write_tiff(deep()), deep),
        "deflate of 16 bits": Form(lambda: write_tiff(deep(), compression="deflate"), deep),
        "tiles of 16 bits": Form(lambda: write_tiff(deep(), tile=(16, 16)), deep),
        "planes of 16 bits": Form(lambda: write_tiff(np.moveaxis(deep(), -1, 0), planarconfig="separate"), deep),
        "planes": Form(lambda: write_tiff(np.moveaxis(colours(), -1, 0), planarconfig="separate"), colours),
        "big-endian": Form(lambda: write_tiff(colours(), byteorder=">"), colours),
        "big-endian of 16 bits": Form(lambda: write_tiff(deep(), byteorder=">"), deep),
        "bigtiff": Form(lambda: write_tiff(colours(), bigtiff=True), colours),
        "bigtiff of 16 bits": Form(lambda: write_tiff(deep(), bigtiff=True), deep),
        "tiff with transparency": Form(lambda: write_tiff(add_alpha(colours()), extrasamples=["unassalpha"]), colours),
        "tiff of 16 bits with transparency": Form(lambda: write_tiff(add_alpha(deep()), extrasamples=["unassalpha"]), deep),
        "half tiff": Form(lambda: write_tiff(half), is_refused=True),
        "float tiff": Form(lambda: write_tiff(half.astype(np.float32)), is_refused=True),
        "double tiff": Form(lambda: write_tiff(half.astype(np.float64)), is_refused=True),
        "grey float tiff": Form(lambda: write_tiff(half[..., 0].astype(np.float32), photometric="minisblack"), is_refused=True),
        "tiff of NaN": Form(lambda: write_tiff(half * np.float16("nan")), is_refused=True),
        "signed tiff": Form(lambda: write_tiff(deep().astype(np.int16)), is_refused=True),
        "tiff of 32 bits": Form(lambda: write_tiff(deep().astype(np.uint32) << 16), is_refused=True),
        "tiff of 31 channels": Form(lambda: write_tiff(np.ones((*SIZE, 31), np.uint8), photometric="minisblack", planarconfig="contig"), is_refused=True),
        "complex tiff": Form(lambda: write_tiff(half[..., 0].astype(np.complex64), photometric="minisblack"), is_refused=True),
        "inverted tiff": Form(lambda: write_tiff(colours()[..., 0], photometric="miniswhite"), lambda: grey(255 - colours())),
        "inverted tiff of 16 bits": Form(lambda: write_tiff(deep()[..., 0], photometric="miniswhite"), lambda: grey(65535 - deep())),
        "cmyk tiff of 16 bits": Form(lambda: write_tiff(add_alpha(deep()), photometric="separated"), is_refused=True),
        "lab tiff of 16 bits": Form(lambda: write_tiff(deep(), photometric="cielab"), is_refused=True),
        "palette of 16 bits": Form(lambda: write_tiff(deep()[..., 0], photometric="palette", colormap=np.zeros((3, 65536), np.uint16)), is_refused=True),
        "tiff of a sensor": Form(lambda: write_tiff(deep()[..., 0], photometric="cfa", extratags=[(33421, "H", 2, (2, 2), False)]), is_refused=True),
    }  # fmt: skip
    for form in ("PNG", "TIFF", "WEBP", "JPEG"):
        tolerance = ROUGH if form == "JPEG" else EXACT
        for number, profile in enumerate((b"junk", SRGB[:100], LAB, b"\0" * 200)):
            forms[f"{form} with broken profile {number}"] = Form(
                partial(write_profile, profile, form)
            )
        for orientation in ORIENTATIONS:
            is_known = type(orientation) is int
            forms[f"{form} with orientation {orientation!r}"] = Form(
                partial(write_oriented, orientation, form),
                partial(_turn, colours(), orientation) if is_known else None, tolerance,
            )  # fmt: skip
        for number, content in enumerate(BROKEN_EXIF if form != "TIFF" else ()):
            forms[f"{form} with broken EXIF {number}"] = Form(
                partial(write_exif, content, form), colours, tolerance
            )
    for name, claim in (
        ("PNG", claim_png),
        ("JPEG", claim_jpeg),
        ("TIFF", claim_tiff),
        ("BMP", claim_bmp),
    ):
        for size in HUGE:
            if max(size) >= 2**16 and name == "JPEG":
                continue
            is_wrong = (name, size) != ("JPEG", (14, 20))  # libjpeg fills what is missing
            forms[f"{name} of {size[0]}×{size[1]}"] = Form(
                partial(claim, *size), is_refused=is_wrong
            )
    forms["GIF of 65500×65500"] = Form(partial(claim_gif, 65_500, 65_500), is_refused=True)
    return forms


FORMS = list_forms()


@st.composite
def photographs(draw: st.DrawFn) -> PhotoCase:
    """A kind of photograph, whole, cut, or with edited bytes."""
    what = draw(st.sampled_from(sorted(FORMS)))
    name = draw(st.sampled_from(NAMES))
    change = draw(st.sampled_from(["whole", "whole", "cut", "edited"]))
    return make_case(what, name, change, draw)


def make_case(what: str, name: str, change: str, draw: st.DrawFn | None = None) -> PhotoCase:
    """A case of a kind; `draw` draws where it is cut, or how it is edited."""
    form = FORMS[what]
    content = form.write()
    if change == "cut" and draw is not None:
        length = int(draw(st.floats(0, 0.999)) * len(content))
        return PhotoCase(f"{what}, cut", name, content[:length], _mean(form), form.tolerance)
    if change == "edited" and draw is not None:
        return PhotoCase(f"{what}, edited", name, draw(inputs.edits(content)), None)
    return PhotoCase(what, name, content, _mean(form), form.tolerance, form.is_refused)


def _mean(form: Form) -> Array | None:
    return None if form.pixels is None else form.pixels()


def read_photograph(case: PhotoCase, folder: Path) -> None:
    """A photograph of a person: what is accepted has the colours that were written."""
    path = folder / case.name
    path.write_bytes(case.content)
    pixels = read_photo(path).pixels
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise WrongError(f"{case.what}: {pixels.shape} of {pixels.dtype}")
    _compare(case, pixels)


def read_observation(case: PhotoCase, folder: Path) -> None:
    """An observation of a data set: three channels of the written values, or refused."""
    path = folder / case.name
    path.write_bytes(case.content)
    pixels = np.moveaxis(read_rgb(path), 0, -1)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise WrongError(f"{case.what}: {pixels.shape} of {pixels.dtype}")
    if "orientation" not in case.what:  # observations are taken as they are stored
        _compare(case, np.round(pixels * 257) if pixels.dtype == np.float32 else pixels)


def _compare(case: PhotoCase, pixels: Array) -> None:
    if case.is_refused:
        raise WrongError(f"{case.what}: is accepted")
    if case.pixels is None:
        return
    if pixels.shape != case.pixels.shape:
        raise WrongError(f"{case.what}: has {pixels.shape}, not {case.pixels.shape}")
    difference = np.abs(pixels.astype(float) - case.pixels.astype(float))
    if np.quantile(difference, 0.95) > case.tolerance:
        raise WrongError(f"{case.what}: the colours differ by up to {difference.max():g}")
