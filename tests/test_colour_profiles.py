import sys

import numpy as np
import pytest
from PIL import ImageCms

from respectra.colour_profiles import Pixels, convert_to_srgb, is_srgb

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swap_red_and_green() -> bytes:
    """A profile like sRGB's with red and green exchanged, as its name says."""
    profile = SRGB.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    return profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_srgb_and_broken_profiles_need_no_conversion() -> None:
    assert is_srgb(SRGB)
    assert is_srgb(b"broken")
    assert not is_srgb(swap_red_and_green())


@pytest.mark.parametrize(("pixels", "tolerance"), [(RGB, 2), (DEEP, 40)], ids=["8", "16"])
def test_colours_are_converted_with_all_bits(pixels: Pixels, tolerance: int) -> None:
    if pixels.dtype == np.uint16:
        pytest.importorskip("imagecodecs")
    notes: list[str] = []
    converted = convert_to_srgb(pixels, swap_red_and_green(), notes)
    assert converted.dtype == pixels.dtype
    assert np.abs(converted - pixels[..., [1, 0, 2]].astype(int)).max() <= tolerance
    assert notes == ["its colours are converted from swap built-in to sRGB"]


def test_16_bits_that_need_a_package_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    notes: list[str] = []
    assert convert_to_srgb(DEEP, swap_red_and_green(), notes) is DEEP
    assert "swap built-in is ignored, because it has 16 bits; install imagecodecs" in notes[0]


@pytest.mark.parametrize("pixels", [RGB, DEEP], ids=["8", "16"])
def test_a_profile_of_grey_changes_no_colours(pixels: Pixels) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    notes: list[str] = []
    assert convert_to_srgb(pixels, imagecodecs.cms_profile("gray"), notes) is pixels
    assert notes == []
