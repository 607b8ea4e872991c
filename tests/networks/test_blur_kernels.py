"""The kernels of smoothing and halving compute PyTorch's convolution and its gradients."""

import pytest
from torch import Tensor

from respectra.networks import blur
from tests.networks.on_kernels import KERNELS, compare, draw
from tests.networks.test_blur import SIZES, kernel


@KERNELS
@pytest.mark.parametrize("size", SIZES)
def test_kernel_is_the_convolution(size: tuple[int, ...]) -> None:
    def halve(image: Tensor) -> Tensor:
        return blur.halve_smoothed(image, kernel(size[1], image))

    compare(halve, halve, draw(*size))
