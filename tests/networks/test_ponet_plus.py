import torch

from respectra.camera.response import load_response
from respectra.config import Config
from respectra.networks.hsrnet import group_bands
from respectra.networks.ponet_plus import CrossAttention, PoNetPlus
from tests.conftest import ROOT


def test_the_weights_of_the_attention_sum_to_one() -> None:
    torch.manual_seed(0)
    weights = CrossAttention(31, 3)(torch.rand(2, 31, 6, 6))
    assert weights.shape == (2, 31, 1, 1)
    torch.testing.assert_close(weights.sum(1).flatten(), torch.ones(2))


def test_the_attention_does_not_depend_on_the_size_of_the_image() -> None:
    """Correlations are means over the pixels, not sums."""
    torch.manual_seed(0)
    attend, patch = CrossAttention(8, 3), torch.rand(1, 8, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(attend(patch.repeat(1, 1, 3, 3)), attend(patch))


def test_the_input_of_each_stage_is_a_fusion_of_all_previous_cubes() -> None:
    torch.manual_seed(0)
    network = PoNetPlus(31, groups=[6, 10, 15], stages=3, width=16, kernel=3)
    cubes, inputs = [], []
    for module in (network.initial, *network.stages):
        module.register_forward_hook(lambda module, args, output: cubes.append(output))
    for module in network.fusion:
        module.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    with torch.no_grad():
        network(torch.rand(1, 3, 6, 6))
    for k, fused in enumerate(inputs, start=1):
        torch.testing.assert_close(fused, torch.cat(cubes[:k], dim=1))
    assert len(inputs) == 3


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attend = CrossAttention(4, 3).double()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, x)


def test_the_groups_are_those_of_the_challenge_camera() -> None:
    config = Config(ROOT)
    response = config.camera("ntire2022").response
    wavelengths = config.dataset("arad1k").wavelengths()
    curves = load_response(
        ROOT / response.file, wavelengths, columns=response.columns, gains=response.gains
    )
    network = config.method("ponet_plus").network
    assert network is not None
    assert list(network["groups"]) == group_bands(curves)
