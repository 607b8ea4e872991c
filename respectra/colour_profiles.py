"""Conversion of a photograph's colours to sRGB with its ICC profile."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[Any]  # of uint8 or uint16


def is_srgb(profile: bytes) -> bool:
    """Return whether a profile is that of sRGB, or is broken and says nothing."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return "srgb" in ImageCms.getProfileDescription(opened).lower()
    except (ImageCms.PyCMSError, OSError):
        return True


def convert_to_srgb(pixels: Pixels, profile: bytes, notes: list[str]) -> Pixels:
    """Convert colours of another space, such as Display P3 of a phone, to sRGB.

    Args:
        pixels: (rows, columns, 3) of uint8 or uint16.
        profile: an ICC profile that can be read.
        notes: gets a sentence that says what was converted or ignored.

    Returns:
        The shape and type of `pixels`; `pixels` themselves if the profile is of something else,
        such as grey, or if they have 16 bits and imagecodecs is not installed.
    """
    name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
    convert = _convert_colours if pixels.dtype == np.uint8 else _convert_deep_colours
    try:
        converted = convert(pixels, profile)
    except ImportError:
        notes.append(
            f"its colour profile {name} is ignored, because it has 16 bits; "
            "install imagecodecs with `pip install 'respectra[photos]'`, or convert it to sRGB"
        )
        return pixels
    if converted is None:
        return pixels
    notes.append(f"its colours are converted from {name} to sRGB")
    return converted


def _convert_colours(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Convert 8 bits with Pillow; None if the profile is of something else, such as grey."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    image, target = Image.fromarray(pixels), ImageCms.createProfile("sRGB")
    try:
        return np.asarray(ImageCms.profileToProfile(image, source, target, outputMode="RGB"))
    except ImageCms.PyCMSError:
        return None


def _convert_deep_colours(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Convert 16 bits, which Pillow cannot; otherwise as `_convert_colours`."""
    import imagecodecs

    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    try:
        return imagecodecs.cms_transform(
            pixels, profile, target, colorspace="rgb", outcolorspace="rgb"
        )
    except imagecodecs.CmsError:
        return None
