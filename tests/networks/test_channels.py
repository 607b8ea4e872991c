import pytest
import torch
from torch import Tensor

from respectra.networks import channels


def draw(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [(2, 6, 32, 32), (1, 6, 33, 40), (2, 6, 3, 5), (2, 6, 50, 41)])
def test_sums_over_pixels_are_matrix_products(size: tuple[int, ...]) -> None:
    x, y = (draw(*size, seed=seed).double().requires_grad_() for seed in (0, 1))
    pixels = channels.as_pixels(x), channels.as_pixels(y)
    torch.testing.assert_close(channels.sum_products(x), pixels[0].mT @ pixels[0])
    products, squares_x, squares_y = channels.correlate_channels(x, y, 2)
    expected = torch.stack(
        [a.mT @ b for a, b in zip(*(p.chunk(2, -1) for p in pixels), strict=True)], dim=1
    )
    torch.testing.assert_close(products, expected)
    torch.testing.assert_close(squares_x, pixels[0].square().sum(1))
    torch.testing.assert_close(squares_y, pixels[1].square().sum(1))


def test_gradients_of_sums_over_pixels_agree_with_finite_differences() -> None:
    x, y = (draw(2, 4, 2, 3, seed=seed).double().requires_grad_() for seed in (0, 1))
    assert torch.autograd.gradcheck(channels.sum_products, x)
    assert torch.autograd.gradcheck(lambda a, b: channels.correlate_channels(a, b, 2), (x, y))


def test_sums_over_many_pixels_are_as_exact_as_float64() -> None:
    x = draw(1, 5, 128, 256) + 4
    exact = channels.as_pixels(x.double()).mT @ channels.as_pixels(x.double())
    torch.testing.assert_close(channels.sum_products(x), exact, rtol=2e-7, atol=0)


def test_cosines_are_those_of_unit_vectors() -> None:
    x, y = draw(2, 6, 5, 4).double(), draw(2, 6, 5, 4, seed=1).double()
    unit = [torch.nn.functional.normalize(channels.as_pixels(image), dim=1) for image in (x, y)]
    expected = torch.stack(
        [unit[0][..., :3].mT @ unit[1][..., :3], unit[0][..., 3:].mT @ unit[1][..., 3:]], 1
    )
    torch.testing.assert_close(channels.compute_cosines(x, y, 2), expected)


def test_cosines_of_a_black_image_are_zero() -> None:
    black = torch.zeros(1, 4, 3, 3)
    assert not channels.compute_cosines(black, black, 2).any()


def test_channels_are_mixed_within_heads_and_then_joined() -> None:
    relation, output = torch.rand(2, 3, 2, 2).double(), torch.rand(5, 6).double()
    values = torch.rand(2, 6, 4, 3).double()
    expected = torch.zeros(2, 5, 4, 3).double()
    for image in range(2):
        for head in range(3):
            mixed = torch.einsum(
                "ij,jrc->irc", relation[image, head], values[image, 2 * head : 2 * head + 2]
            )
            expected[image] += torch.einsum(
                "oi,irc->orc", output[:, 2 * head : 2 * head + 2], mixed
            )
    torch.testing.assert_close(channels.attend(relation, output, values), expected)
    counted = channels.attend(relation.to("meta"), output.to("meta"), values.to("meta"))
    assert counted.shape == expected.shape


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_image_is_mixed_as_each_of_several(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 5, 64, 70, dtype=dtype).contiguous(memory_format=torch.channels_last)
    matrices = torch.rand(2, 4, 5, dtype=torch.float64)
    mixed = channels.mix_channels(images, matrices)
    for i in range(2):
        one = channels.mix_channels(images[i : i + 1], matrices[i : i + 1])
        assert one.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(one[0], mixed[i])
