"""Reads photographs as people have them: turned, in any mode, with 8 or 16 bits, raw or HEIC."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from respectra.colour_profiles import convert_to_srgb, is_srgb
from respectra.file_kinds import require_file
from respectra.pictures import open_image, read_pixels
from respectra.tiff import EXTRAS, describe_tiff, read_deep_tiff

Pixels = NDArray[Any]  # of uint8 or uint16
EXIF_ORIENTATION = 0x0112
DNG_VERSION = 50706  # a tag of TIFF that only DNG has
RAW_SUFFIXES = {
    ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".raf", ".orf", ".rw2",
    ".pef", ".srw", ".x3f", ".iiq", ".3fr", ".erf", ".kdc", ".mef", ".mrw",
}  # fmt: skip
HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
# How the stored rows and columns become those that the camera meant: transposed first, then
# flipped along rows, along columns.
TURNS = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True)
class Photo:
    """The pixels of a photograph.

    Attributes:
        pixels: (rows, columns, 3), red, green and blue of 8 or 16 bits.
        notes: what was converted or ignored, a sentence each.
    """

    pixels: Pixels
    notes: tuple[str, ...] = ()

    @property
    def greatest(self) -> int:
        """The value of full brightness: 255 or 65535."""
        return int(np.iinfo(self.pixels.dtype).max)


def read_photo(path: str | Path) -> Photo:
    """Read a photograph in the orientation that its camera meant.

    Args:
        path: a JPEG, MPO, PNG, TIFF, WebP or another format that Pillow reads; HEIC and raw files
            need the optional packages pillow-heif and rawpy.

    Returns:
        Three channels. Grey becomes three equal channels, CMYK and colour profiles become sRGB,
        transparency is ignored; a note tells each.

    Raises:
        ValueError: the file is missing, damaged, no picture, an animation, too large, or needs a
            package that is not installed.
    """
    path = require_file(path, "photo")
    if _is_raw(path):
        return _develop_raw(path)
    if _is_heif(path):
        _register_heif(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with open_image(path) as image:
            pixels, notes = _read_colours(image, path)
            # Only now, because Pillow decodes a PNG to look for its EXIF.
            orientation = _read_orientation(image)
    if orientation is None or any(entry.category is UserWarning for entry in caught):
        notes.append("its EXIF is damaged, so it may be turned or mirrored")
    return Photo(_turn(pixels, TURNS.get(orientation or 1)), tuple(notes))


def check_pixels(pixels: NDArray[Any]) -> Photo:
    """Return an array as a photograph.

    Args:
        pixels: (rows, columns, 3) of uint8 or uint16.

    Raises:
        ValueError: it has another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ValueError(
            f"photo: an array has the shape (rows, columns, 3), not {pixels.shape}; "
            "move the channels to the end"
        )
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"photo: an array has the type uint8 or uint16, not {pixels.dtype}; "
            "multiply values from 0 to 1 by 255 and round them"
        )
    return Photo(pixels)


def _read_orientation(image: Image.Image) -> int | None:
    """The number of TURNS that the EXIF states, 1 without one; None if it is damaged."""
    try:
        orientation = image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # Pillow raises many types, as SyntaxError for a wrong header
        return None
    return orientation if isinstance(orientation, int) else None


def _turn(pixels: Pixels, turn: tuple[bool, bool, bool] | None) -> Pixels:
    if turn is None:
        return pixels
    transpose, flip_rows, flip_columns = turn
    turned = pixels.swapaxes(0, 1) if transpose else pixels
    turned = turned[::-1] if flip_rows else turned
    return np.ascontiguousarray(turned[:, ::-1] if flip_columns else turned)


def _read_colours(image: Image.Image, path: Path) -> tuple[Pixels, list[str]]:
    """The pixels as three channels, and what was converted."""
    notes: list[str] = []
    profile = image.info.get("icc_profile")
    if image.format == "MPO":
        notes.append("it contains several pictures; the first is used")
    if image.format == "TIFF" and max(image.tag_v2.get(258, (8,))) > 8:  # type: ignore[attr-defined]
        pixels = read_deep_tiff(path)
    elif image.mode in ("RGB", "RGBA", "L", "LA", "1") or image.mode.startswith("I"):
        pixels = read_pixels(image, path)
    elif image.mode == "CMYK":
        pixels, profile = _convert_cmyk(image, notes), None
    elif image.mode in ("P", "PA"):
        transparent = "A" in image.mode or "transparency" in image.info
        pixels = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    elif image.mode in ("YCbCr", "LAB", "HSV"):
        pixels = np.asarray(image.convert("RGB"))
    else:
        raise ValueError(
            f"{path}: has pixels of the mode {image.mode}; save it with 8 or 16 bits per channel"
        )
    pixels = _take_channels(_as_integers(pixels, path), notes)
    if profile and not is_srgb(profile):
        pixels = convert_to_srgb(pixels, profile, notes)
    return pixels, notes


def _as_integers(pixels: NDArray[Any], path: Path) -> Pixels:
    """Values of 8 or 16 bits.

    Raises:
        ValueError: the values are floating-point numbers or do not fit into 16 bits.
    """
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint8:
        return pixels
    whole = np.issubdtype(pixels.dtype, np.integer)
    if not whole or pixels.size == 0 or pixels.min() < 0 or pixels.max() > 65535:
        reason = f"it has {pixels.dtype} values; save it with 8 or 16 bits per channel"
        raise ValueError(f"{path}: cannot be read as a photo: {describe_tiff(path) or reason}")
    return pixels.astype(np.uint16)


def _take_channels(pixels: Pixels, notes: list[str]) -> Pixels:
    """Three channels: grey is repeated, transparency is left out."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    colours = 3 if pixels.shape[2] > 2 else 1
    transparency = pixels[..., colours:]
    if transparency.size and transparency.min() < np.iinfo(pixels.dtype).max:
        notes.append("its transparency is ignored")
    if colours == 1:
        notes.append("it is grey, so its spectra rest on brightness alone")
        return np.repeat(pixels[..., :1], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3])


def _convert_cmyk(image: Image.Image, notes: list[str]) -> NDArray[np.uint8]:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except ImageCms.PyCMSError:
            converted = None
        if converted is not None:
            notes.append("it is CMYK, which is converted to sRGB with its colour profile")
            return np.asarray(converted)
    notes.append("it is CMYK without a colour profile, so its colours are only roughly known")
    return np.asarray(image.convert("RGB"))


def _is_raw(path: Path) -> bool:
    """Whether a file holds a sensor's values: by its suffix, or as a DNG by its tags."""
    if path.suffix.lower() in RAW_SUFFIXES:
        return True
    with open(path, "rb") as file:
        head = file.read(4)
    if head not in (b"II*\x00", b"MM\x00*"):
        return False
    import tifffile

    try:
        with tifffile.TiffFile(path) as tiff:
            return DNG_VERSION in tiff.pages[0].tags  # type: ignore[union-attr]
    except Exception:  # a damaged file is told by the reader of pictures
        return False


def _develop_raw(path: Path) -> Photo:
    """A raw file as an sRGB photograph of 16 bits, with the camera's white balance."""
    try:
        import rawpy
    except ImportError:
        raise ValueError(
            f"{path}: is a raw photo, which needs the package rawpy; {EXTRAS}"
        ) from None
    try:
        with rawpy.imread(str(path)) as raw:
            pixels = raw.postprocess(
                use_camera_wb=True, output_bps=16, gamma=(2.4, 12.92), no_auto_bright=True
            )
    except (rawpy.LibRawError, OSError, ValueError, MemoryError) as error:
        detail = error.args[0] if error.args else type(error).__name__
        if isinstance(detail, bytes):
            detail = detail.decode(errors="replace")
        raise ValueError(f"{path}: cannot be read as a raw photo: {detail}") from error
    note = "it is raw, developed to sRGB with the camera's white balance"
    return Photo(pixels, (note,))


def _is_heif(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS


def _register_heif(path: Path) -> None:
    try:
        import pillow_heif
    except ImportError:
        raise ValueError(
            f"{path}: is a HEIC photo, which needs the package pillow-heif; {EXTRAS}"
        ) from None
    pillow_heif.register_heif_opener()
