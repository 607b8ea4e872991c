import torch
from torch import Tensor

from respectra.networks.constants import keep_constant

CPU = torch.device("cpu")


def test_a_constant_is_built_once_for_its_numbers_and_its_dtype() -> None:
    """A CUDA graph reads the same memory at each replay, and cannot copy a new tensor from a CPU."""
    builds = []

    def build(side: int, value: float) -> Tensor:
        builds.append((side, value))
        return torch.full((side,), value)

    with torch.inference_mode():
        first = keep_constant(build, 3, 0.1, device=CPU)
    assert keep_constant(build, 3, 0.1, device=CPU) is first
    assert builds == [(3, 0.1)]
    assert torch.equal(first, torch.full((3,), 0.1))
    assert not first.is_inference(), "a later training reads it, too"
    assert len(keep_constant(build, 4, 0.1, device=CPU)) == 4
    half = keep_constant(build, 3, 0.1, device=CPU, dtype=torch.float16)
    assert half.dtype == torch.float16
    assert first.dtype == torch.float32
    assert keep_constant(build, 3, 0.1, device=CPU) is first
    assert builds == [(3, 0.1), (4, 0.1), (3, 0.1)]
