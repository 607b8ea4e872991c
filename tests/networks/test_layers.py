import pytest
import torch

from respectra.networks import layers
from respectra.networks.layers import (
    apply_in_slabs,
    apply_pointwise,
    interpolate_channels,
    project_without_noise,
)


def test_interpolation_preserves_the_first_middle_and_last_channel() -> None:
    rgb = torch.rand(2, 3, 4, 4)
    image = interpolate_channels(rgb, 31)
    for band, channel in ((0, 0), (15, 1), (30, 2)):
        torch.testing.assert_close(image[:, band], rgb[:, channel])
    torch.testing.assert_close(image[:, 5], rgb[:, 0] * 2 / 3 + rgb[:, 1] / 3)


def test_a_picture_without_noise_has_the_gain_of_its_scene_and_is_clipped() -> None:
    cube, response = torch.rand(2, 31, 4, 5), torch.rand(3, 31)
    signal = torch.einsum("cb,nbhw->nchw", response, cube)
    gain = torch.tensor([0.5 / signal[0].max(), 2 / signal[1].max()])
    picture = project_without_noise(cube, response, gain)
    torch.testing.assert_close(picture[0], gain[0] * signal[0])
    torch.testing.assert_close(picture[1], (gain[1] * signal[1]).clamp_max(1.0))
    assert picture[1].max() == 1


def test_a_pointwise_linear_layer_equals_the_layer_on_channels_last_pixels() -> None:
    linear, image = torch.nn.Linear(5, 7), torch.rand(2, 5, 3, 4)
    expected = linear(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    torch.testing.assert_close(apply_pointwise(linear, image), expected)


@pytest.mark.parametrize("height", [1, 2, 16, 17, 33])
def test_slabs_give_the_output_of_the_whole_image(
    height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = []

    class Layer(torch.nn.Conv2d):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            heights.append(input.shape[-2])
            return super().forward(input)

    layer, image = Layer(3, 3, 5, padding=2), torch.rand(2, 3, height, 9)
    monkeypatch.setattr(layers, "LARGE", 0)
    with torch.inference_mode():
        slabs = apply_in_slabs(layer, image, reach=2)
        assert max(heights) <= 16 + 2 * 2
        torch.testing.assert_close(slabs, layer(image))
    heights.clear()
    apply_in_slabs(layer, image, reach=2)
    assert heights == [height], "with gradients the layer is computed whole"
