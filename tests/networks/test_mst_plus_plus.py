import torch

from respectra.networks.mst_plus_plus import MSTPlusPlus, SpectralAttention
from respectra.networks.released import load_released
from tests.networks.golden import fill, golden_images, strong, translate_keys


def network(stages: int = 3) -> MSTPlusPlus:
    return MSTPlusPlus(31, stages=stages, blocks=(1, 1, 1))


def test_released_weights_load_and_give_the_same_output() -> None:
    source, target = fill(network(), strong(), translate_keys(network())), network().eval()
    state = {f"module.{translate_keys(source)(k)}": v for k, v in source.state_dict().items()}
    load_released(target, state)
    with torch.no_grad():
        torch.testing.assert_close(target(golden_images()), source(golden_images()))


def test_the_image_is_padded_by_reflection() -> None:
    """Padding by zeros changes the output by 0.4 of its range."""
    filled = fill(network(1), strong(), translate_keys(network(1)))
    rgb = golden_images()[..., :61, :60]
    padded = torch.nn.functional.pad(rgb, (0, 4, 0, 3), mode="reflect")
    with torch.no_grad():
        torch.testing.assert_close(filled(rgb), filled(padded)[..., :61, :60])


def test_attention_does_not_depend_on_the_length_of_queries_and_keys() -> None:
    torch.manual_seed(0)
    attention = SpectralAttention(62, 2).double()
    x = torch.rand(2, 62, 5, 6, dtype=torch.float64)
    with torch.no_grad():
        before = attention(x)
        attention.query.weight *= 7
        attention.key.weight *= 0.2
        torch.testing.assert_close(attention(x), before)


def test_sums_over_pixels_do_not_overflow_in_half_precision() -> None:
    torch.manual_seed(0)
    attention = SpectralAttention(31, 1)
    x = 40 * torch.rand(1, 31, 64, 64)
    with torch.no_grad():
        exact = attention(x)
        with torch.autocast("cpu", dtype=torch.float16):
            half = attention(x)
    assert half.isfinite().all()
    torch.testing.assert_close(half.float(), exact, rtol=0.05, atol=0.2)


def test_a_black_image_gives_finite_values() -> None:
    assert network(1)(torch.zeros(1, 3, 16, 16)).isfinite().all()


def test_gradients_of_attention_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    attention = SpectralAttention(4, 2).double()
    x = torch.rand(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attention, x)


def test_the_output_does_not_depend_on_the_memory_format() -> None:
    filled = fill(network(1), strong(), translate_keys(network(1)))
    with torch.no_grad():
        last = golden_images().contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(filled(last), filled(golden_images()))
