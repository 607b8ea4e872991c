import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from respectra.networks import fused
from tests.networks.on_kernels import DEVICE, draw


def test_a_layer_norm_is_that_of_each_pixel() -> None:
    norm, image = nn.LayerNorm(5).to(DEVICE), draw(2, 5, 3, 4)
    with torch.no_grad():
        norm.weight.uniform_()
        norm.bias.uniform_()
    result = fused.layer_norm(norm, image)
    torch.testing.assert_close(result[1, :, 2, 3], norm(image[1, :, 2, 3]))


def test_a_depthwise_convolution_may_have_a_gelu_on_both_sides() -> None:
    image, bias = draw(1, 4, 6, 5), draw(4, seed=2)
    for side in (3, 5):
        kernel = draw(4, 1, side, side, seed=1)
        result = fused.convolve_depthwise(image, kernel, bias, gelu_before=True, gelu_after=True)
        inner = F.conv2d(F.gelu(image), kernel, bias, padding=side // 2, groups=4)
        torch.testing.assert_close(result, F.gelu(inner), rtol=1e-4, atol=1e-5)


def test_kernels_are_left_out_of_what_a_compiler_sees() -> None:
    assert not fused.uses_kernels(torch.zeros(1, 1, 1, 1, device="meta"))
    assert not fused.uses_kernels(torch.zeros(1, 1, 1, 1, dtype=torch.float64, device=DEVICE))


def test_convolving_in_parts_equals_splitting_the_whole_result() -> None:
    pointwise = nn.Conv2d(4, 6, 1, bias=False).to(DEVICE)
    depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False).to(DEVICE)
    image = draw(2, 4, 5, 7)
    expected = depthwise(pointwise(image)).chunk(3, dim=1)
    for gelu in (False, True):
        parts = fused.convolve_in_parts(image, pointwise, depthwise, 3, gelu=gelu)
        first = F.gelu(expected[0]) if gelu else expected[0]
        for part, chunk in zip(parts, (first, *expected[1:]), strict=True):
            torch.testing.assert_close(part, chunk, rtol=1e-4, atol=1e-5)
