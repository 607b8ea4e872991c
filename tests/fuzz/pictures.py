"""Files of pictures: an observation, or a photograph of a person."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from respectra.photos import read_photo
from respectra.pictures import read_rgb
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

MODES = ("RGB", "RGB", "L", "RGBA", "P", "1", "I;16", "CMYK", "LA", "F")
FORMS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
LOSSLESS = ("PNG", "BMP")
MOST_FROM_8_BITS = 1.0  # of 255, by which a photograph of 8 bits may be converted


class PictureCase(NamedTuple):
    """A file, and what was written into it."""

    mode: str  # empty if the file was damaged
    form: str
    size: tuple[int, int]
    content: bytes
    is_half: bool = False  # whether more than half of the content is missing


@st.composite
def picture_files(draw: st.DrawFn) -> PictureCase:
    """Pictures of all modes and forms, damaged ones, and one that claims more than it has."""
    kind = draw(st.sampled_from(["bomb", "deep", *["mode"] * 4, *["edit"] * 4]))
    if kind == "bomb":
        return PictureCase("", "bomb", (0, 0), inputs.write_bomb())
    if kind == "deep":
        return PictureCase("RGB;16", "PNG", (12, 14), inputs.write_deep_png((12, 14)))
    form = draw(st.sampled_from(FORMS))
    size = draw(st.sampled_from([(12, 14), (1, 1), (12, 14), (0, 0), (1, 500)]))
    if kind == "mode":
        mode = draw(st.sampled_from(MODES))
        return PictureCase(mode, form, size, inputs.write_picture(mode, form, size))
    content = inputs.write_picture("RGB", draw(st.sampled_from(["PNG", "JPEG", form])), (12, 14))
    edited = draw(inputs.edits(content))
    is_half = edited == content[: len(edited)] and len(edited) < len(content) // 2
    return PictureCase("", "edited", (12, 14), edited, is_half)


def read_picture(case: PictureCase, folder: Path) -> None:
    """An observation: three channels of the file's own values, or refused."""
    path = folder / "picture.png"
    path.write_bytes(case.content)
    pixels = read_rgb(path)
    if pixels.ndim != 3 or len(pixels) != 3 or not pixels.size:
        raise WrongError(f"{case.mode} {case.form}: {pixels.shape} of {pixels.dtype}")
    if case.is_half or (case.mode not in ("", "RGB", "RGB;16") and case.form != "edited"):
        raise WrongError(f"{case.mode} {case.form}: is accepted as three channels")
    expected = inputs.draw_pixels(case.size)
    is_same = np.array_equal(np.moveaxis(pixels, 0, -1), expected)
    if case.mode == "RGB" and case.form in LOSSLESS and not is_same:
        raise WrongError(f"{case.form}: the pixels are not those of the file")
    if case.mode == "RGB;16":
        deep = inputs.draw_deep_pixels(case.size) / 257
        if not np.array_equal(np.moveaxis(pixels, 0, -1), deep.astype(np.float32)):
            raise WrongError("a picture of 16 bits is not read with 16 bits")


def read_any_photo(case: PictureCase, folder: Path) -> None:
    """A photograph: any mode becomes three channels of the same colours, or is refused."""
    path = folder / "photo.png"
    path.write_bytes(case.content)
    photo = read_photo(path)
    if photo.pixels.ndim != 3 or photo.pixels.shape[2] != 3 or not photo.pixels.size:
        raise WrongError(f"{case.mode} {case.form}: {photo.pixels.shape}")
    if case.is_half:
        raise WrongError(f"{case.form}: half of a picture is accepted")
    if case.form not in (*LOSSLESS, "TIFF") or case.mode in ("", "F", "CMYK"):
        return
    if case.mode == "RGB;16":
        expected, most = inputs.draw_deep_pixels(case.size).astype(float), 0.0
    elif case.mode == "I;16":
        grey = inputs.draw_pixels(case.size)[..., :1].astype(float) * 256
        expected, most = np.repeat(grey, 3, axis=2), 0.0
    else:
        image = Image.open(io.BytesIO(inputs.write_picture("RGB", "PNG", case.size)))
        expected = np.asarray(image.convert(case.mode).convert("RGB"), float)
        most = MOST_FROM_8_BITS
    difference = np.abs(photo.pixels.astype(float) - expected).max()
    if photo.pixels.shape != expected.shape or difference > most:
        raise WrongError(f"{case.mode} {case.form}: the colours differ by {difference:g}")
