import numpy as np
import pytest
import torch

from respectra.losses import (
    _covariance,
    angle,
    dissimilarity,
    edges,
    l1,
    log_mrae,
    luminance_dissimilarity,
    mrae,
    mse,
    second_order,
)
from respectra.metrics import sam, ssim

LOSSES = (mrae, l1, mse, edges, second_order)


def cubes(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(
        torch.rand(2, 5, 6, 7, generator=generator, dtype=torch.float64) + 0.1 for _ in "ab"
    )  # type: ignore[return-value]


def test_losses_of_equals_are_zero() -> None:
    cube, _ = cubes()
    assert [loss(cube, cube).item() for loss in LOSSES] == [0] * len(LOSSES)


def test_mrae_of_a_tenth_more_is_a_tenth() -> None:
    cube, _ = cubes()
    torch.testing.assert_close(mrae(1.1 * cube, cube).item(), 0.1)


def test_log_mrae_is_the_logarithm_of_the_geometric_mean_of_the_images() -> None:
    one, two = cubes()
    errors = [mrae(a[None], b[None]).item() + 0.01 for a, b in zip(one, two, strict=True)]
    geometric_mean = float(np.prod(errors) ** (1 / len(errors)))
    torch.testing.assert_close(log_mrae(one, two).exp().item(), geometric_mean)


def test_log_mrae_gives_every_image_the_same_share_of_the_gradient() -> None:
    cube, _ = cubes()
    factors = torch.tensor([1.5, 50.0], dtype=cube.dtype).reshape(2, 1, 1, 1).requires_grad_()
    log_mrae(factors * cube, cube).backward()
    gradients, errors = factors.grad.flatten(), (factors.detach() - 1).flatten()
    torch.testing.assert_close(gradients * (errors + 0.01), torch.full((2,), 0.5, dtype=cube.dtype))


def test_l1_is_the_mean_of_differences() -> None:
    one, two = cubes()
    torch.testing.assert_close(l1(one, two).item(), float(np.abs(one.numpy() - two.numpy()).mean()))


def test_covariance_is_numpys() -> None:
    cube, _ = cubes()
    for covariance, image in zip(_covariance(cube), cube, strict=True):
        expected = np.cov(image.flatten(1).numpy(), bias=True)
        np.testing.assert_allclose(covariance.numpy(), expected, rtol=1e-4, atol=1e-7)


def test_second_order_sees_no_offset() -> None:
    cube, _ = cubes()
    assert second_order(cube + 0.5, cube).item() < 1e-7


def test_second_order_is_float32_under_mixed_precision() -> None:
    one, two = (c.float() for c in cubes())
    exact = second_order(one, two)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert _covariance(one.bfloat16()).dtype == torch.float32
        assert second_order(one, two) == exact


def test_gradients_agree_with_finite_differences() -> None:
    generator = torch.Generator().manual_seed(1)
    one = torch.rand(1, 3, 2, 2, generator=generator, dtype=torch.float64).requires_grad_()
    two = torch.rand(1, 3, 2, 2, generator=generator, dtype=torch.float64) + 0.1
    for loss in (*LOSSES, log_mrae):
        assert torch.autograd.gradcheck(lambda x, loss=loss: loss(x, two), one)


def test_mse_is_the_mean_of_squares() -> None:
    one, two = cubes()
    expected = float(np.square(one.numpy() - two.numpy()).mean())
    torch.testing.assert_close(mse(one, two).item(), expected)


def test_edges_see_no_offset_and_every_step() -> None:
    cube, _ = cubes()
    assert edges(cube + 0.5, cube).item() < 1e-12
    step = cube.clone()
    step[..., 3:, :] += 1.0  # one row of differences of five
    torch.testing.assert_close(edges(step, cube).item(), 1 / 5 / 2)


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    one = torch.rand(2, 3, 16, 18, generator=generator, dtype=torch.float64)
    return one, (one + 0.1 * torch.rand(one.shape, generator=generator, dtype=torch.float64)) / 1.1


def test_dissimilarity_is_one_minus_the_scored_ssim() -> None:
    one, two = pictures()
    expected = 1 - np.mean([ssim(a.numpy(), b.numpy()) for a, b in zip(one, two, strict=True)])
    assert dissimilarity(one, two).item() == pytest.approx(expected, abs=1e-6)
    assert dissimilarity(one, one).item() == pytest.approx(0, abs=1e-12)


def test_luminance_is_blind_to_what_varies_inside_a_window() -> None:
    one, _ = pictures()
    flat = one.mean((2, 3), keepdim=True).expand_as(one)
    board = torch.ones(16, 18, dtype=torch.float64)
    board[::2, ::2] = board[1::2, 1::2] = -1
    assert luminance_dissimilarity(flat + 0.1 * board, flat).item() < 1e-4
    assert dissimilarity(flat + 0.1 * board, flat).item() > 0.5
    assert luminance_dissimilarity(0.5 * flat, flat).item() == pytest.approx(0.2, abs=1e-2)


def test_gradients_of_both_agree_with_finite_differences() -> None:
    one, two = (x[:1, :1, :11, :12].contiguous() for x in pictures())
    for loss in (dissimilarity, luminance_dissimilarity):
        assert torch.autograd.gradcheck(loss, (one.requires_grad_(), two))


def test_the_angle_is_the_metric_sam_and_ignores_brightness() -> None:
    one, two = cubes()
    torch.testing.assert_close(
        angle(one[:1], two[:1]).item(), sam(one[0].numpy(), two[0].numpy()), rtol=1e-3, atol=1e-4
    )
    torch.testing.assert_close(angle(3 * one, two), angle(one, two))


def test_the_angle_of_equal_spectra_has_a_finite_gradient() -> None:
    _, cube = cubes()
    reconstruction = cube.clone().requires_grad_()
    angle(reconstruction, cube).backward()
    assert reconstruction.grad is not None
    assert torch.isfinite(reconstruction.grad).all()
