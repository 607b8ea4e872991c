import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from respectra.camera.jpeg import compress, lossless
from respectra.pictures import read_quantization, read_rgb

SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[0:64, 40:104], np.full((64, 64), 90))).astype(
    np.uint8
)


def test_the_error_is_small_at_quality_100_and_grows_as_quality_falls() -> None:
    error = [
        np.abs(
            read_rgb(compress(SMOOTH, quality=q, subsampling="4:4:4")).astype(int) - SMOOTH
        ).mean()
        for q in (100, 70, 10)
    ]
    assert error[0] < 0.7
    assert error[0] < error[1] < error[2]


def test_png_does_not_change_the_pixels() -> None:
    np.testing.assert_array_equal(read_rgb(lossless(SMOOTH)), SMOOTH)


def test_colour_is_subsampled_as_the_argument_states() -> None:
    for name, code in (("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)):
        file = Image.open(io.BytesIO(compress(SMOOTH, quality=70, subsampling=name)))
        assert JpegImagePlugin.get_sampling(file) == code
    with pytest.raises(
        ValueError, match="the subsampling 4:1:0 is unknown; choose one of 4:4:4, 4:2:2, 4:2:0"
    ):
        compress(SMOOTH, quality=70, subsampling="4:1:0")


def test_files_have_the_quantisation_and_subsampling_of_the_challenge(shared: Path) -> None:
    paths = sorted((shared / "data/arad1k").glob("*.jpg"))
    assert paths
    tables = read_quantization(compress(SMOOTH, quality=70, subsampling="4:2:0"))
    for path in paths:
        assert read_quantization(path) == tables, path.name
        with Image.open(path) as image:
            assert JpegImagePlugin.get_sampling(image) == 2
