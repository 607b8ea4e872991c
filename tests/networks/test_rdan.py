import torch

from respectra.networks.rdan import RDAN, LocalGate, PatchAttention, ProgressiveConv


def test_patch_attention_follows_its_formula() -> None:
    torch.manual_seed(0)
    layer = PatchAttention(8, 2, 4).double()
    torch.nn.init.normal_(layer.output.weight)
    x = torch.rand(1, 8, 4, 6, dtype=torch.float64)
    with torch.no_grad():
        tokens = [
            torch.nn.functional.unfold(project(x), 2, stride=2).mT
            for project in (layer.query, layer.key, layer.value)
        ]
        q, k, v = tokens
        mixed = ((q @ k.mT).softmax(-1) @ v).mT
        image = torch.nn.functional.fold(mixed, (4, 6), 2, stride=2)
        torch.testing.assert_close(layer(x), layer.output(image) + x)


def test_the_sides_need_not_be_multiples_of_the_patch() -> None:
    network = RDAN(5, width=16, blocks=1, patch=8, reduction=4)
    assert network(torch.rand(1, 3, 13, 21)).shape == (1, 5, 13, 21)


def test_a_progressive_convolution_receives_the_output_of_the_previous_group() -> None:
    torch.manual_seed(0)
    layer, x = ProgressiveConv(8), torch.rand(1, 8, 5, 5)
    assert sum(conv.weight.numel() for conv in layer.convs) == 270 * 2 * 2
    first, second, third, fourth = layer.convs
    with torch.no_grad():
        y = layer.acts[0](first(x[:, :2]))
        y = layer.acts[1](second(torch.cat([y, x[:, 2:4]], dim=1)))
        y = layer.acts[2](third(torch.cat([y, x[:, 4:6]], dim=1)))
        torch.testing.assert_close(layer(x), fourth(torch.cat([y, x[:, 6:]], dim=1)))


def test_a_new_attention_returns_its_input() -> None:
    x = torch.rand(1, 8, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(PatchAttention(8, 2, 4)(x), x)


def test_a_local_gate_depends_on_neighbouring_channels_only() -> None:
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
