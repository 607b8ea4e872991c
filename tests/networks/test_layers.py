import pytest
import torch
from torch import nn

from respectra.networks.layers import load_released, released_key


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
        (lambda s: s.update(more=torch.rand(1)), "more is left over"),
        (lambda s: s.update({"tail.bias": torch.rand(2)}), r"tail.bias has shape \(2,\), \(1,\) is wanted"),
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
