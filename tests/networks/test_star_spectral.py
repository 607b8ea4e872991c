import torch

from respectra.networks.star_spectral import StarSpectral


def network() -> StarSpectral:
    torch.manual_seed(0)
    return StarSpectral(31, width=16, growth=4, layers=2).eval()


def test_a_cube_has_rank_three() -> None:
    with torch.no_grad():
        cube = network()(torch.rand(1, 3, 12, 12)).double()
    assert torch.linalg.matrix_rank(cube.flatten(2)[0], rtol=1e-5) == 3


def test_each_image_has_its_own_spectra() -> None:
    made = network()
    with torch.no_grad():
        one, two = (made.translate(torch.rand(1, 3, 12, 12))[1].mean((2, 3)) for _ in "ab")
        assert not torch.allclose(made.filters[0](one), made.filters[0](two))


def test_the_translation_starts_from_the_image() -> None:
    made, rgb = network(), torch.rand(1, 3, 10, 14)
    with torch.no_grad():
        made.translate.tail.weight.zero_()
        made.translate.tail.bias.zero_()
        torch.testing.assert_close(made.translate(rgb)[0], rgb)


def test_the_translation_is_held_against_the_response_at_the_images_brightness() -> None:
    made, cube, response = network(), torch.rand(2, 31, 8, 12), torch.rand(3, 31)
    rgb = 0.03 * torch.einsum("cb,nbhw->nchw", response, cube)  # what a camera without noise sees
    with torch.no_grad():
        found, wanted = made.translation(rgb, cube, response)
        torch.testing.assert_close(found, made.translate(rgb)[0])
    torch.testing.assert_close(wanted, rgb)
