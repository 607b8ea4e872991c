from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils.data import Dataset

from respectra.train import batches as batches_module
from respectra.train.batches import copy_ahead, read_batches

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
CPU = torch.device("cpu")


class Numbers(Dataset[dict[str, torch.Tensor]]):
    def __len__(self) -> int:
        return 7

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        return {"rgb": torch.full((2, 3), number)}


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_come_in_order_from_an_iteration_on(workers: int) -> None:
    state = torch.get_rng_state()
    patches: Any = Numbers()
    read = [int(batch["rgb"][0, 0]) for batch in read_batches(patches, 3, CPU, workers)]
    assert read == [3, 4, 5, 6]
    assert torch.equal(torch.get_rng_state(), state)


def test_the_next_batch_is_copied_after_the_wait_for_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If a batch waited for the copy of the next one, nothing would be copied ahead."""
    events: list[str] = []
    stream = SimpleNamespace(wait_stream=lambda other: events.append("wait"))
    cuda = SimpleNamespace(
        Stream=lambda device: object(), current_stream=lambda device: stream,
        stream=lambda stream: nullcontext(),
    )  # fmt: skip
    monkeypatch.setattr(batches_module.torch, "cuda", cuda)

    class Value:
        def __init__(self, number: int) -> None:
            self.number = number

        def to(self, device: torch.device, non_blocking: bool) -> "Value":
            assert non_blocking
            events.append(f"copy {self.number}")
            return self

        def record_stream(self, used_by: object) -> None:
            assert used_by is stream
            events.append(f"use {self.number}")

    source: Iterator[Any] = ({"rgb": Value(number)} for number in range(3))
    for batch in copy_ahead(source, CPU):
        events.append(f"step {batch['rgb'].number}")
    assert events == [
        "copy 0", "wait", "copy 1", "use 0", "step 0", "wait", "copy 2", "use 1", "step 1",
        "wait", "use 2", "step 2",
    ]  # fmt: skip


@GPU
def test_batches_on_the_gpu_are_those_of_the_loader() -> None:
    device = torch.device("cuda")
    pinned = [{"rgb": torch.rand(8, 3, 256, 256).pin_memory()} for _ in range(12)]
    for batch, expected in zip(copy_ahead(iter(pinned), device), pinned, strict=True):
        assert batch["rgb"].is_cuda
        total = batch["rgb"] + 0  # on the current stream, while the next batch is copied
        torch.testing.assert_close(total.cpu(), expected["rgb"], rtol=0, atol=0)
