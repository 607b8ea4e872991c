import torch

from respectra.networks.star_spectral import StarSpectral


def network() -> StarSpectral:
    torch.manual_seed(0)
    return StarSpectral(31, width=16, growth=4, layers=2).eval()


def test_a_cube_has_rank_three() -> None:
    with torch.no_grad():
        cube = network()(torch.rand(1, 3, 12, 12)).double()
    assert torch.linalg.matrix_rank(cube.flatten(2)[0], rtol=1e-5) == 3


def test_the_spectra_differ_from_image_to_image() -> None:
    star, rgb = network(), torch.rand(2, 3, 12, 12)
    with torch.no_grad():
        first, second = star(rgb).flatten(2)
        # A combination of the first image's bands that vanishes does not vanish for the second.
        null = torch.linalg.svd(first).U[:, 3:]
        assert (null.mT @ first).abs().max() < 1e-5
        assert (null.mT @ second).abs().max() > 1e-4


def test_without_its_last_convolution_the_translation_returns_the_image() -> None:
    star, rgb = network(), torch.rand(1, 3, 10, 14)
    with torch.no_grad():
        star.translate.tail.weight.zero_()
        star.translate.tail.bias.zero_()
        torch.testing.assert_close(star.translate(rgb)[0], rgb)


def test_the_target_of_the_translation_is_the_projection_with_the_scenes_gain() -> None:
    star, cube, response = network(), torch.rand(2, 31, 8, 12), torch.rand(3, 31)
    rgb = 0.03 * torch.einsum("cb,nbhw->nchw", response, cube)  # a camera without noise
    with torch.no_grad():
        image, target = star.translation(rgb / 2, cube, response, torch.full((2,), 0.03))
        torch.testing.assert_close(image, star.translate(rgb / 2)[0])
    torch.testing.assert_close(target, rgb)
