import numpy as np
import pytest
import torch
from torch import nn

from respectra.networks.padding import (
    ReflectConv2d,
    convolve_padded,
    pad_to_multiple,
    reflect,
)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 5), (9, 17), (32, 64)])
def test_padding_extends_any_size_to_a_multiple(size: tuple[int, int]) -> None:
    """PyTorch's reflection padding raises an error if the padding exceeds the image."""
    image = torch.rand(1, 3, *size)
    padded = pad_to_multiple(image, 32)
    assert [side % 32 for side in padded.shape[-2:]] == [0, 0]
    assert all(side < length + 32 for side, length in zip(padded.shape[-2:], size, strict=True))
    torch.testing.assert_close(padded[..., : size[0], : size[1]], image)


def test_padding_reflects_without_repeating_the_edge() -> None:
    image = torch.arange(6.0).reshape(1, 1, 2, 3)
    expected = torch.nn.functional.pad(image, (0, 1, 0, 0), mode="reflect")
    torch.testing.assert_close(pad_to_multiple(image, 2), expected)


def test_padding_reaches_the_least_size() -> None:
    assert pad_to_multiple(torch.rand(1, 1, 16, 40), 16, least=32).shape == (1, 1, 32, 48)


@pytest.mark.parametrize(("side", "width"), [(1, 1), (1, 3), (2, 2), (3, 7)])
def test_a_short_side_is_reflected_repeatedly(side: int, width: int) -> None:
    """As NumPy does it; PyTorch refuses paddings that are not shorter than the side."""
    image = torch.arange(side * 12.0).reshape(1, 1, side, 12)
    padded = reflect(image, width)
    mode = "reflect" if side > 1 else "edge"
    expected = np.pad(image.numpy(), ((0, 0), (0, 0), (width, width), (0, 0)), mode=mode)
    expected = np.pad(expected, ((0, 0), (0, 0), (0, 0), (width, width)), mode="reflect")
    assert torch.equal(padded, torch.from_numpy(expected))


@pytest.mark.parametrize("size", [3, 5])
def test_a_convolution_with_reflection_is_pytorchs(size: int) -> None:
    torch.manual_seed(0)
    conv, image = ReflectConv2d(3, 4, size, bias=True), torch.rand(2, 3, 6, 7)
    plain = nn.Conv2d(3, 4, size, padding=size // 2, padding_mode="reflect")
    plain.load_state_dict(conv.state_dict())
    expected = plain(image)
    torch.testing.assert_close(conv(image), expected)
    torch.testing.assert_close(convolve_padded(plain, reflect(image, size // 2)), expected)
