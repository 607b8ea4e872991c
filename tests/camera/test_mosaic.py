import numpy as np
import pytest

from respectra.camera.mosaic import bayer

PATTERNS = ["RGGB", "BGGR", "GRBG", "GBRG"]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("size", [(6, 8), (7, 5)])
def test_a_constant_picture_stays_constant(pattern: str, size: tuple[int, int]) -> None:
    flat = np.broadcast_to(np.array([0.2, 0.5, 0.8])[:, None, None], (3, *size))
    np.testing.assert_allclose(bayer(flat, pattern=pattern), flat)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_measured_values_do_not_change(pattern: str) -> None:
    rgb = np.random.default_rng(0).random((3, 8, 8))
    interpolated = bayer(rgb, pattern=pattern)
    for position, name in enumerate(pattern):
        channel, (row, column) = "RGB".index(name), divmod(position, 2)
        np.testing.assert_allclose(
            interpolated[channel, row::2, column::2], rgb[channel, row::2, column::2]
        )


def test_a_ramp_is_interpolated_exactly_inside() -> None:
    ramp = np.broadcast_to(np.arange(10.0), (3, 10, 10))
    interpolated = bayer(ramp, pattern="RGGB")
    np.testing.assert_allclose(interpolated[:, 1:-1, 1:-1], ramp[:, 1:-1, 1:-1])


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(
        ValueError, match="the pattern RRGB is unknown; choose one of RGGB, BGGR, GRBG, GBRG"
    ):
        bayer(np.zeros((3, 4, 4)), pattern="RRGB")
