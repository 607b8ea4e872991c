import torch

from respectra.networks.rdan import RDAN, LocalGate, PatchAttention, ProgressiveConv


def test_patch_attention_is_its_formula() -> None:
    torch.manual_seed(0)
    layer = PatchAttention(8, 2, 4).double()
    torch.nn.init.normal_(layer.output.weight)
    x = torch.rand(1, 8, 4, 6, dtype=torch.float64)
    with torch.no_grad():
        tokens = [
            torch.nn.functional.unfold(part(x), 2, stride=2).mT
            for part in (layer.query, layer.key, layer.value)
        ]
        q, k, v = tokens
        mixed = ((q @ k.mT).softmax(-1) @ v).mT
        image = torch.nn.functional.fold(mixed, (4, 6), 2, stride=2)
        torch.testing.assert_close(layer(x), layer.output(image) + x)


def test_patches_of_eight_fit_any_size() -> None:
    network = RDAN(5, width=16, blocks=1, patch=8, reduction=4)
    assert network(torch.rand(1, 3, 13, 21)).shape == (1, 5, 13, 21)


def test_progressive_convolutions_have_270_weights_for_each_pair_of_channels() -> None:
    convs = ProgressiveConv(32).convs
    assert sum(c.weight.numel() for c in convs) == 270 * 8 * 8


def test_the_attention_starts_as_nothing() -> None:
    x = torch.rand(1, 8, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(PatchAttention(8, 2, 4)(x), x)


def test_a_local_gate_sees_neighbouring_channels_only() -> None:
    torch.manual_seed(0)
    gate, x = LocalGate(), torch.rand(1, 9, 4, 4)
    with torch.no_grad():
        before = gate(x)
        x[:, 0] += 1
        changed = (gate(x) - before).abs().amax((0, 2, 3)) > 1e-6
    assert changed.tolist() == [True, True] + [False] * 7


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    layer = PatchAttention(4, 2, 2).double()
    torch.nn.init.normal_(layer.output.weight)
    x = torch.rand(1, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
