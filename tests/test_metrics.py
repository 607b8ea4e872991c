import math

import numpy as np
import pytest
import torch
import torchmetrics.functional as reference
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import (
    spectral_angle_mapper,
    structural_similarity_index_measure,
)

from respectra.metrics import (
    METRICS,
    back_projection,
    mrae,
    mrae_scale_free,
    psnr,
    rmse,
    sam,
    split_error,
    ssim,
)
from tests.conftest import smooth_cube


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    cube = smooth_cube(40, 52, seed=3)
    noise = np.random.default_rng(4).normal(0, 0.03, cube.shape).astype(np.float32)
    return np.clip(cube + noise, 0.01, 1.2).astype(np.float32), cube


def torches(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(a.copy())[None] for a in arrays]


def test_the_oracle_is_perfect(pair) -> None:
    _, cube = pair
    response = np.random.default_rng(0).random((3, 31))
    scores = {
        name: metric(cube, cube, response) if name == "back_projection" else metric(cube, cube)
        for name, metric in METRICS.items()
    }
    perfect = dict.fromkeys(METRICS, 0.0) | {"psnr": math.inf, "ssim": 1.0}
    assert scores == perfect


def test_mrae_is_the_formula_and_torchmetrics(pair) -> None:
    one, two = pair
    second = sum(
        abs(float(p) - float(t)) / float(t) for p, t in zip(one[:, 0, 0], two[:, 0, 0], strict=True)
    )
    assert mrae(one[:, :1, :1], two[:, :1, :1]) == pytest.approx(second / 31, rel=1e-6)
    assert mrae(one, two) == pytest.approx(
        reference.mean_absolute_percentage_error(*torches(one, two)).item(), rel=1e-5
    )


def test_rmse_agrees_with_torchmetrics(pair) -> None:
    expected = reference.mean_squared_error(*torches(*pair), squared=False).item()
    assert rmse(*pair) == pytest.approx(expected, rel=1e-5)


def test_psnr_agrees_with_torchmetrics_on_cut_cubes(pair) -> None:
    one, two = pair
    cut = torches(np.clip(one, 0, 1), np.clip(two, 0, 1))
    expected = reference.image.peak_signal_noise_ratio(*cut, data_range=1.0).item()
    assert psnr(one, two) == pytest.approx(expected, rel=1e-5)


def test_psnr_of_channels_last_memory_is_the_same(pair) -> None:
    """The public helper flattens in place and shuffles such pixels: 33.98 dB became 11.30."""
    one, two = pair
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(one, 0, -1)), -1, 0)
    assert not turned.flags.c_contiguous
    assert psnr(turned, two) == pytest.approx(psnr(one, two), abs=1e-6)


def test_sam_agrees_with_torchmetrics(pair) -> None:
    expected = spectral_angle_mapper(*torches(*pair)).item()
    assert sam(*pair) == pytest.approx(expected, rel=1e-4)


def test_sam_keeps_its_digits_near_zero() -> None:
    """The arc cosine of a float32 product is 0 or 3e-4 there."""
    one = np.zeros((2, 1, 1), np.float32)
    one[0] = 1
    two = one.copy()
    two[1] = 1e-5
    assert sam(one, two) == pytest.approx(1e-5, rel=1e-3)


def test_sam_knows_right_angles_and_zeros() -> None:
    one, two, none = np.zeros((3, 2, 1, 1))
    one[0], two[1] = 1, 1
    assert sam(one, two) == pytest.approx(math.pi / 2)
    assert sam(none, one) == pytest.approx(math.pi / 2)
    assert sam(none, none) == 0


def test_ssim_agrees_with_scikit_image_and_torchmetrics(pair) -> None:
    one, two = (a.astype(np.float64) for a in pair)
    bands = [
        structural_similarity(
            p, t, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0
        )
        for p, t in zip(one, two, strict=True)
    ]
    assert ssim(*pair) == pytest.approx(np.mean(bands), abs=2e-6)
    # torchmetrics counts windows over mirrored edges too
    expected = structural_similarity_index_measure(*torches(one, two), data_range=1.0).item()
    mirrored = (np.pad(a, ((0, 0), (5, 5), (5, 5)), mode="reflect") for a in pair)
    assert ssim(*mirrored) == pytest.approx(expected, abs=2e-6)


def test_back_projection_ignores_what_the_camera_cannot_see() -> None:
    cube = smooth_cube(6, 7)
    response = np.random.default_rng(0).random((3, 31))
    unseen = np.linalg.svd(response)[2][-1].astype(np.float32)  # no channel responds to it
    assert back_projection(cube + 0.1 * unseen[:, None, None], cube, response) < 1e-6
    assert mrae(cube + 0.1 * unseen[:, None, None], cube) > 0.01
    assert back_projection(1.1 * cube, cube, response) > 0.1


def test_scale_free_error_is_the_least_over_gains(pair) -> None:
    one, two = (a[:, :9, :9] for a in pair)
    gains = np.linspace(0.5, 2, 6001)
    least = min(mrae((g * one).astype(np.float32), two) for g in gains)
    assert mrae_scale_free(0.37 * one, two) == pytest.approx(least, rel=1e-5)


@pytest.mark.parametrize("shift", [0.6, 0.9, 1.5])
def test_scale_free_error_is_the_least_with_negative_values(pair, shift: float) -> None:
    """Most values of the last reconstruction are negative, so its best gain is negative too."""
    one, two = (a[:, :9, :9].astype(np.float64) for a in pair)
    one = one - shift * two
    least = min(mrae(g * one, two) for g in np.linspace(-4, 8, 6001))
    assert (one < 0).any()
    assert mrae_scale_free(one, two) <= least + 1e-9


def test_scale_free_error_of_a_large_scene_is_as_good_from_a_subset() -> None:
    rng = np.random.default_rng(0)
    two = rng.random((31, 128, 128), dtype=np.float32) + 0.1
    one = two * (0.6 + 0.3 * rng.standard_normal(two.shape, dtype=np.float32))
    best = min(mrae((g * one).astype(np.float32), two) for g in np.linspace(1.2, 1.8, 121))
    assert mrae_scale_free(one, two) <= best + 1e-4


@pytest.mark.parametrize("metric", [m for n, m in METRICS.items() if n != "back_projection"])
def test_shapes_that_differ_are_named(metric) -> None:
    with pytest.raises(ValueError, match="reconstruction has 31 bands, cube has 28"):
        metric(np.ones((31, 16, 16)), np.ones((28, 16, 16)))
    with pytest.raises(ValueError, match="16×16, cube is 12×16"):
        metric(np.ones((31, 16, 16)), np.ones((31, 12, 16)))


@pytest.mark.parametrize("metric", [mrae, mrae_scale_free])
def test_zeros_in_the_truth_are_refused_not_infinite(metric) -> None:
    cube = np.ones((31, 4, 4))
    cube[3, 1, 1] = 0
    with pytest.raises(ValueError, match="relative errors need positive"):
        metric(np.ones((31, 4, 4)), cube)


def test_ssim_of_a_scene_below_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller than a window of 11×11"):
        ssim(np.ones((31, 10, 20)), np.ones((31, 10, 20)))


def test_the_parts_of_an_error_add_up_and_are_not_negative(pair) -> None:
    one, two = pair
    parts = split_error(one, two)
    assert sum(float(part.mean()) for part in parts) == pytest.approx(mrae(one, two))
    assert parts[1].shape == one.shape[1:]
    assert min(float(part.mean()) for part in parts) >= 0
    without_brightness = sum(float(part.mean()) for part in parts[1:])
    assert without_brightness == pytest.approx(METRICS["mrae_scale_free"](one, two))
