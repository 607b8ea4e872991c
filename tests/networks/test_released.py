import pytest
import torch
from torch import nn

from respectra.networks.released import find_idle, load_released, released_key, released_state


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


def test_a_released_state_has_the_authors_keys_and_each_key_of_a_shared_tensor() -> None:
    network = Small()
    network.twin = network.tail
    state = released_state(network)
    assert set(state) == {*released_weights(), "twin.weight", "twin.bias"}
    assert torch.equal(state["conv_in.weight"], network.head.weight)
    assert torch.equal(state["twin.bias"], network.tail.bias)


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
