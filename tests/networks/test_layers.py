import pytest
import torch
from torch import nn

from respectra.networks import layers
from respectra.networks.layers import (
    apply_in_slabs,
    apply_pointwise,
    convolve_in_parts,
    cosines,
    find_idle,
    interpolate_channels,
    load_released,
    pad_to_multiple,
    released_key,
)


class Small(nn.Module):
    RELEASED_NAMES = ((r"^head\.", "conv_in."),)

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 3)
        self.tail = nn.Linear(3, 1)


def theirs() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "conv_in.weight": torch.rand(3, 2),
        "conv_in.bias": torch.rand(3),
        "tail.weight": torch.rand(1, 3),
        "tail.bias": torch.rand(1),
    }


def test_patterns_are_applied_one_after_another() -> None:
    assert released_key("a.1.b", [(r"^a\.", "x."), (r"\.(\d)\.", r"_\1.")]) == "x_1.b"


def test_released_weights_load_by_their_own_names() -> None:
    network = Small()
    load_released(network, theirs())
    torch.testing.assert_close(network.head.weight, theirs()["conv_in.weight"])


def test_a_prefix_of_parallel_training_is_taken_off() -> None:
    network = Small()
    load_released(network, {f"module.{k}": v for k, v in theirs().items()})
    torch.testing.assert_close(network.tail.bias, theirs()["tail.bias"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("tail.bias"), "tail.bias is missing"),
        (lambda s: s.update(extra=torch.rand(1)), "extra is unexpected"),
        (lambda s: s.update({"tail.bias": torch.rand(2)}), r"tail.bias has shape \(2,\), expected \(1,\)"),
    ],
)  # fmt: skip
def test_weights_of_another_network_are_refused_and_change_nothing(change, message: str) -> None:
    network, state = Small(), theirs()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    change(state)
    with pytest.raises(ValueError, match=message):
        load_released(network, state)
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key])


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 5), (9, 17), (32, 64)])
def test_padding_brings_any_size_to_a_multiple(size: tuple[int, int]) -> None:
    """PyTorch's own mirror refuses a padding that is larger than the image."""
    image = torch.rand(1, 3, *size)
    padded = pad_to_multiple(image, 32)
    assert [side % 32 for side in padded.shape[-2:]] == [0, 0]
    assert all(side < before + 32 for side, before in zip(padded.shape[-2:], size, strict=True))
    torch.testing.assert_close(padded[..., : size[0], : size[1]], image)


def test_padding_mirrors_without_repeating_the_edge() -> None:
    image = torch.arange(6.0).reshape(1, 1, 2, 3)
    expected = torch.nn.functional.pad(image, (0, 1, 0, 0), mode="reflect")
    torch.testing.assert_close(pad_to_multiple(image, 2), expected)


def test_padding_reaches_the_least_size() -> None:
    assert pad_to_multiple(torch.rand(1, 1, 16, 40), 16, least=32).shape == (1, 1, 32, 48)


def test_stretching_keeps_the_ends_and_the_middle() -> None:
    rgb = torch.rand(2, 3, 4, 4)
    stretched = interpolate_channels(rgb, 31)
    for band, channel in ((0, 0), (15, 1), (30, 2)):
        torch.testing.assert_close(stretched[:, band], rgb[:, channel])
    torch.testing.assert_close(stretched[:, 5], rgb[:, 0] * 2 / 3 + rgb[:, 1] / 3)


def test_cosines_are_those_of_unit_vectors() -> None:
    one, two = torch.rand(2, 10, 4).double(), torch.rand(2, 10, 4).double()
    unit = torch.nn.functional.normalize
    torch.testing.assert_close(cosines(one, two), unit(one, dim=1).mT @ unit(two, dim=1))


def test_a_tensor_in_two_places_is_one() -> None:
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


def test_a_linear_layer_at_every_pixel_is_a_1x1_convolution() -> None:
    linear, image = torch.nn.Linear(5, 7), torch.rand(2, 5, 3, 4)
    wanted = linear(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    torch.testing.assert_close(apply_pointwise(linear, image), wanted)


def test_parts_are_those_of_the_whole_convolutions() -> None:
    mix = torch.nn.Conv2d(4, 6, 1, bias=False)
    look = torch.nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
    image = torch.rand(2, 4, 5, 7)
    for part, wanted in zip(
        convolve_in_parts(image, mix, look, 3), look(mix(image)).chunk(3, 1), strict=True
    ):
        torch.testing.assert_close(part, wanted)


@pytest.mark.parametrize("height", [1, 2, 16, 17, 33])
def test_slabs_join_to_what_the_layer_gives_whole(
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
