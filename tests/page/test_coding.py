import base64
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from respectra.page.coding import MISSING, STEPS, CodedCube, describe_coding, encode_cube
from tests.conftest import smooth_cube


def decode(coded: CodedCube, shape: tuple[int, int, int], precision: str) -> NDArray[np.floating]:
    """What `decode.js` makes of a coded cube."""
    data = zlib.decompress(base64.b64decode(coded.text))
    bands, rows, columns = shape
    if precision == "half":
        planes = np.frombuffer(data, np.uint8).reshape(2, bands, rows, columns)
        codes = planes[0] + 256 * planes[1].astype(np.uint16)
        halves = np.cumsum(codes, axis=0, dtype=np.uint16).view(np.float16)
        return halves.astype(np.float32) * coded.scale
    limits = np.frombuffer(data[: 4 * rows * columns], np.float16).reshape(2, rows, columns)
    low, high = limits.astype(np.float32)
    differences = np.frombuffer(data[4 * rows * columns :], np.uint8).reshape(shape)
    across = np.cumsum(differences, axis=0, dtype=np.uint8)
    codes = np.cumsum(across, axis=2, dtype=np.uint8)
    values = low + codes * ((high - low) / STEPS)
    return np.where(codes == MISSING, np.nan, values) * coded.scale


@pytest.mark.parametrize("scale", [1.0, 4095.0, 1e-3, 1e7])
def test_eight_bits_are_within_half_a_step_of_each_spectrum(scale: float) -> None:
    cube = smooth_cube(20, 24) * np.float32(scale) - np.float32(0.1 * scale)
    coded = encode_cube(cube, "8bit")
    error = np.abs(decode(coded, cube.shape, "8bit") - cube)
    extent = np.ptp(cube, axis=0)
    assert (error <= extent / 500).all()
    assert coded.max_error == pytest.approx((error / extent).max(), rel=1e-2)
    assert coded.mean_error == pytest.approx(error.mean() / np.abs(cube).mean(), rel=1e-2)


def test_a_flat_spectrum_stays_within_its_limits() -> None:
    cube = 0.9 + 0.01 * smooth_cube(20, 24)
    error = np.abs(decode(encode_cube(cube, "8bit"), cube.shape, "8bit") - cube)
    assert error.max() < 0.01 / 254 + 2**-11 / 254


def test_half_precision_has_eleven_significant_bits() -> None:
    cube = smooth_cube(20, 24) * np.float32(4095)
    coded = encode_cube(cube, "half")
    decoded = decode(coded, cube.shape, "half")
    assert (np.abs(decoded - cube) <= cube * 2.0**-11 * 1.001).all()
    assert coded.max_error == pytest.approx(2.0**-11, rel=0.05)


@pytest.mark.parametrize("precision", ["8bit", "half"])
def test_values_that_are_no_numbers_are_missing(precision: str) -> None:
    cube = smooth_cube(6, 7)
    cube[3, 2, 1] = np.nan
    cube[:, 4, 4] = np.inf
    decoded = decode(encode_cube(cube, precision), cube.shape, precision)
    missing = ~np.isfinite(cube)
    assert np.isnan(decoded[missing]).all()
    np.testing.assert_allclose(decoded[~missing], cube[~missing], atol=0.003)


@pytest.mark.parametrize("precision", ["8bit", "half"])
@pytest.mark.parametrize("value", [0.0, 0.25, np.nan])
def test_a_constant_cube_is_exact(precision: str, value: float) -> None:
    cube = np.full((5, 3, 4), value, np.float32)
    coded = encode_cube(cube, precision)
    np.testing.assert_array_equal(decode(coded, (5, 3, 4), precision), cube)
    assert coded.max_error == coded.mean_error == 0


def test_the_sentence_states_what_the_error_refers_to() -> None:
    assert describe_coding("8bit", 0.0014, 0.00197) == (
        "Values are in 8 bits: the error is at most 0.2 % of the range of its spectrum; "
        "its mean is 0.14 % of the mean value."
    )
    assert "of a value" in describe_coding("half", 1e-4, 5e-4)


def test_coarse_steps_are_smaller_and_stay_near() -> None:
    rng = np.random.default_rng(0)
    cube = rng.random((31, 20, 20)).astype(np.float32)
    fine, coarse = encode_cube(cube, "8bit"), encode_cube(cube, "8bit", coarse=8)
    assert len(coarse.text) < 0.8 * len(fine.text)
    assert fine.max_error <= 1 / 500
    assert 1 / 100 < coarse.max_error <= 1 / 60  # half of 1/31 of the range
