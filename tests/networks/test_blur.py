"""Every second pixel of a smoothed image, at any size."""

import pytest
import torch
from torch import Tensor

from respectra.networks import blur

SIZES = [(2, 3, 6, 8), (1, 5, 3, 7), (2, 2, 2, 5), (1, 40, 9, 30), (1, 4, 1, 6), (1, 4, 1, 1)]


def kernel(channels: int, image: Tensor) -> Tensor:
    line = torch.tensor([1.0, 2.0, 1.0])
    return (line[:, None] * line / 16).expand(channels, 1, 3, 3).to(image)


@pytest.mark.parametrize("size", SIZES)
def test_every_second_pixel_of_the_smoothed_image(size: tuple[int, ...]) -> None:
    image = torch.arange(torch.Size(size).numel(), dtype=torch.float64).reshape(size).sin()
    rows, columns = (torch.arange(-1, side + 1).abs() for side in size[2:])
    rows, columns = (
        torch.where(places < side, places, 2 * (side - 1) - places).clamp(0, side - 1)
        for places, side in ((rows, size[2]), (columns, size[3]))
    )
    padded = image[..., rows[:, None], columns]
    expected = torch.nn.functional.conv2d(padded, kernel(size[1], image), groups=size[1])
    result = blur.halve_smoothed(image, kernel(size[1], image))
    torch.testing.assert_close(result, expected[..., ::2, ::2])
