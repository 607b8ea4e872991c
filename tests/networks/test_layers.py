import numpy as np
import pytest
import torch
from torch import nn

from respectra.networks import layers
from respectra.networks.layers import (
    apply_in_slabs,
    apply_pointwise,
    find_idle,
    interpolate_channels,
    load_released,
    pad_to_multiple,
    project_without_noise,
    released_key,
)


class Small(nn.Module):
    RELEASED_NAMES = ((r"^head\.", "conv_in."),)

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 3)
        self.tail = nn.Linear(3, 1)


def released_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "conv_in.weight": torch.rand(3, 2),
        "conv_in.bias": torch.rand(3),
        "tail.weight": torch.rand(1, 3),
        "tail.bias": torch.rand(1),
    }


def test_patterns_are_applied_one_after_another() -> None:
    assert released_key("a.1.b", [(r"^a\.", "x."), (r"\.(\d)\.", r"_\1.")]) == "x_1.b"


def test_released_weights_load_by_released_names() -> None:
    network = Small()
    load_released(network, released_weights())
    torch.testing.assert_close(network.head.weight, released_weights()["conv_in.weight"])


def test_the_prefix_of_parallel_training_is_removed() -> None:
    network = Small()
    load_released(network, {f"module.{k}": v for k, v in released_weights().items()})
    torch.testing.assert_close(network.tail.bias, released_weights()["tail.bias"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("tail.bias"), "tail.bias is missing"),
        (lambda s: s.update(extra=torch.rand(1)), "extra is unexpected"),
        (lambda s: s.update({"tail.bias": torch.rand(2)}), r"tail.bias has shape \(2,\), expected \(1,\)"),
    ],
)  # fmt: skip
def test_weights_of_another_network_raise_an_error_and_change_nothing(change, message: str) -> None:
    network, state = Small(), released_weights()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    change(state)
    with pytest.raises(ValueError, match=message):
        load_released(network, state)
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key])


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


def test_a_shared_tensor_must_have_one_value() -> None:
    class Shared(nn.Module):
        IDLE = r"^unused"

        def __init__(self) -> None:
            super().__init__()
            self.one = self.two = nn.PReLU()
            self.unused = nn.Linear(2, 2)

    network, unused = Shared(), Shared().unused.state_dict()
    state = {f"unused.{key}": value for key, value in unused.items()}
    load_released(network, {"one.weight": torch.ones(1), "two.weight": torch.ones(1), **state})
    assert network.one.weight.item() == 1
    with pytest.raises(ValueError, match=r"one\.weight and two\.weight differ"):
        load_released(network, {"one.weight": torch.ones(1), "two.weight": torch.zeros(1), **state})
    assert set(find_idle(network)) == {"unused.weight", "unused.bias"}


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


@pytest.mark.parametrize(("side", "width"), [(1, 1), (1, 3), (2, 2), (3, 7)])
def test_a_short_side_is_reflected_repeatedly(side: int, width: int) -> None:
    """As NumPy does it; PyTorch refuses paddings that are not shorter than the side."""
    image = torch.arange(side * 12.0).reshape(1, 1, side, 12)
    padded = layers.reflect(image, width)
    mode = "reflect" if side > 1 else "edge"
    expected = np.pad(image.numpy(), ((0, 0), (0, 0), (width, width), (0, 0)), mode=mode)
    expected = np.pad(expected, ((0, 0), (0, 0), (0, 0), (width, width)), mode="reflect")
    assert torch.equal(padded, torch.from_numpy(expected))
