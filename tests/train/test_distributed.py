"""Several processes train what one process trains, to rounding."""

import copy
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributed as dist
from torch import nn

from respectra.lengths import divide_parts
from respectra.train import checkpoint
from respectra.train.distributed import (
    Processes,
    SharedBatchNorm,
    divide_layers,
)
from respectra.train.loop import train_network
from respectra.train.patches import Patches
from respectra.train.progress import Recorder
from respectra.train.run import prepare_run
from tests.conftest import Data
from tests.small_plans import HPRN, SUPERPIXELS, make_inputs, make_phase, make_train_plan
from tests.train.test_loop import STAR

DISTANCE = 2e-3  # relative, of losses after a few steps of Adam, which amplifies rounding


def run_together(count: int, folder: Path, function: Callable[[Processes], None]) -> None:
    """Call a function in processes that gloo connects; forked, so that PyTorch loads once."""
    folder.mkdir(parents=True, exist_ok=True)
    meeting = folder / "meeting"
    meeting.unlink(missing_ok=True)

    def join(rank: int) -> None:
        torch.set_num_threads(1)
        dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=count)
        function(Processes(rank, count))
        dist.barrier()

    context = multiprocessing.get_context("fork")
    children = [context.Process(target=join, args=(rank,)) for rank in range(count)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * count


def train(data: Data, folder: Path, plan: object, count: int = 1, **changes: object) -> Path:
    """Train on some processes."""
    settings = {
        "plan": plan, "scenes": data.scenes, "observations": data.observations, "seed": 0,
        "save_plan": folder / "plan.yaml", "save_checkpoint": folder / "checkpoint.pt",
        "save_history": folder / "history.csv", "device": "cpu", **changes,
    }  # fmt: skip
    if count == 1:
        train_network(**settings)  # type: ignore[arg-type]
    else:
        run_together(count, folder, lambda p: train_network(**settings, processes=p))  # type: ignore[arg-type]
    return folder


def losses(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "history.csv")


def state(folder: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(folder / "checkpoint.pt")["state_dict"]


def check_agreement(one: Path, several: Path) -> None:
    """The same history and the same weights, to rounding."""
    expected, actual = losses(one), losses(several)
    assert list(actual.columns) == list(expected.columns)
    for column in expected.columns:
        np.testing.assert_allclose(actual[column], expected[column], rtol=DISTANCE, err_msg=column)
    weights = state(several)
    assert list(weights) == list(state(one))
    for name, value in state(one).items():
        torch.testing.assert_close(weights[name], value, rtol=0.02, atol=2e-3, msg=name)


def of_phase(**changes: object) -> object:
    return make_train_plan(make_phase(**{"batch": 6, "iterations": 4, **changes}))


def of_phases(network: object, scale: str, *changes: dict[str, object]) -> object:
    phases = [
        make_phase(**{"batch": 6, "iterations": 2, "loss": {"l1": 1.0}, **c}) for c in changes
    ]
    return make_train_plan(*phases, network=network, inputs=make_inputs(scale))


MSCNN = {"is": "mscnn:MSCNN", "width": 4, "dropout": 0.2}
PAIR = {"is": "msbdn:Pair", "width": 4, "bottom": 1, "fusion": "dense"}
PLANS = {
    "random_places": of_phase(stride=None, augment=["rotate", "flip", "relight", "expose"]),
    "accumulation": of_phase(batch=12, accumulate=2, iterations=2),
    "bfloat16": of_phase(precision="bfloat16"),
    "superpixels": make_train_plan(
        make_phase(batch=6, iterations=4, loss={"l1": 1.0, "second_order": 2.0}),
        network=HPRN, inputs=make_inputs("unit", superpixels=SUPERPIXELS),
    ),
    "hard_scenes": make_train_plan(
        make_phase(batch=6, iterations=2),
        make_phase(batch=6, iterations=2, hard_scenes={"share": 0.5, "times": 3}),
    ),
    "chosen_weights": of_phase(choose={"split": "valid", "every": 2, "by": "mrae"}),
    "frozen_parts": of_phases(
        STAR["network"], "unit",
        {"objective": "translation", "freeze": ["filters"]}, {"freeze": ["translate"]},
    ),
    "two_joint_networks": of_phases(
        PAIR, "unit", {"objective": "first_alone", "freeze": ["second"]},
        {"objective": "transfer", "optimizer": {"is": "torch.optim:SGD", "lr": 0.01, "momentum": 0.9}},
    ),
    "dropout_and_batch_norm": of_phases(MSCNN, "unit", {"iterations": 4}),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_several_processes_train_as_one_does(name: str, data: Data, tmp_path: Path) -> None:
    one = train(data, tmp_path / "one", copy.deepcopy(PLANS[name]))
    for count in (2, 3):
        several = train(data, tmp_path / str(count), copy.deepcopy(PLANS[name]), count)
        check_agreement(one, several)


def test_a_training_resumes_on_another_number_of_processes(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout included: on the same number of processes the bytes are the same."""
    plan = of_phases(MSCNN, "unit", {"iterations": 2}, {"iterations": 4})
    save = Recorder.save

    def save_twice(recorder: Recorder) -> None:
        save(recorder)
        if recorder.progress.iterations == 4:
            shutil.copy(recorder.path, recorder.path.with_name("middle.pt"))

    monkeypatch.setattr(Recorder, "save", save_twice)
    whole = train(data, tmp_path / "whole", plan, 2, save_seconds=0)
    for count in (1, 2, 3):
        folder = tmp_path / str(count)
        folder.mkdir()
        shutil.copy(whole / "middle.pt", folder / "progress.pt")
        check_agreement(whole, train(data, folder, plan, count))
    names = ("checkpoint.pt", "history.csv", "plan.yaml")
    assert all((tmp_path / "2" / n).read_bytes() == (whole / n).read_bytes() for n in names)
    assert list(losses(tmp_path / "3")["iteration"]) == [1, 2, 1, 2, 3, 4]
    assert "processes: 3" in (tmp_path / "3/machine.yaml").read_text()


def test_only_the_first_process_writes(data: Data, tmp_path: Path) -> None:
    plan = of_phase(iterations=1)

    def train_elsewhere(processes: Processes) -> None:
        folder = tmp_path / str(processes.rank)
        train_network(
            plan=plan, scenes=data.scenes, observations=data.observations, seed=0,
            save_plan=folder / "plan.yaml", save_checkpoint=folder / "checkpoint.pt",
            save_history=folder / "history.csv", device="cpu", save_seconds=0, processes=processes,
        )  # type: ignore[arg-type] # fmt: skip

    run_together(2, tmp_path, train_elsewhere)
    assert (tmp_path / "0/checkpoint.pt").exists()
    assert not (tmp_path / "1").exists()


def test_processes_that_see_different_files_refuse_to_train(data: Data, tmp_path: Path) -> None:
    def compare(processes: Processes) -> None:
        processes.check_equal(7, "must not appear")
        with pytest.raises(ValueError, match="progress.pt: is not the same file"):
            processes.check_equal(processes.rank, "progress.pt: is not the same file")

    run_together(2, tmp_path, compare)


@pytest.mark.parametrize(("batch", "accumulate", "count"), [(6, 1, 2), (12, 2, 3), (10, 3, 2)])
def test_every_patch_of_a_batch_belongs_to_one_process(
    batch: int, accumulate: int, count: int
) -> None:
    shares = [Processes(r, count).choose_positions(batch, accumulate) for r in range(count)]
    assert sorted(p for share in shares for p in share) == list(range(batch))
    start = 0
    for size in divide_parts(batch, accumulate, count):  # each part is shared equally
        inside = [sum(start <= p < start + size for p in share) for share in shares]
        assert inside == [size // count] * count
        start += size


def test_a_share_has_the_patches_of_the_whole_batch(data: Data) -> None:
    run = prepare_run(
        plan=make_train_plan(), scenes=data.scenes, observations=data.observations,
        extra_manifests=[], seed=3, device_name="cpu", workers=0,
    )  # fmt: skip
    phase = {**run.phases[0], "batch": 6, "augment": ["rotate", "flip", "spin", "relight"]}
    settings = {"phase": phase, "seed": 3, "number": 1}
    whole = Patches(run.store, run.assembler, ["a", "b"], **settings)  # type: ignore[arg-type]
    share = Patches(run.store, run.assembler, ["a", "b"], positions=[1, 4], **settings)  # type: ignore[arg-type]
    for name, tensor in whole[2].items():
        assert torch.equal(share[2][name], tensor[[1, 4]])


def test_a_batch_norm_over_shares_is_that_of_the_batch(tmp_path: Path) -> None:
    """Values, gradients and running statistics, with a fixed momentum and with a mean."""
    torch.manual_seed(0)
    batch, slopes = torch.randn(2, 6, 3, 4, 5, dtype=torch.float64)

    def compare(processes: Processes) -> None:
        share_rows = slice(2 * processes.rank, 2 * processes.rank + 2)
        for momentum in (0.1, None):
            norm = nn.BatchNorm2d(3, momentum=momentum, dtype=torch.float64)
            nn.init.uniform_(norm.weight)
            shared = copy.deepcopy(norm)
            divide_layers(shared, processes)
            assert isinstance(shared, SharedBatchNorm)
            whole, share = (x.clone().requires_grad_() for x in (batch, batch[share_rows]))
            for _ in range(2):
                (norm(whole) * slopes).sum().backward()
                (shared(share) * slopes[share_rows]).sum().backward()
            torch.testing.assert_close(share.grad, whole.grad[share_rows])
            total = shared.weight.grad.clone()
            dist.all_reduce(total)
            torch.testing.assert_close(total, norm.weight.grad)
            torch.testing.assert_close(shared.state_dict(), norm.state_dict())
            torch.testing.assert_close(shared.eval()(share), norm.eval()(whole)[share_rows])

    run_together(3, tmp_path, compare)


@pytest.mark.parametrize("dropout", [nn.Dropout(0.4), nn.Dropout2d(0.4), nn.Dropout(0.0)])
def test_the_mask_of_a_share_is_part_of_the_batchs(dropout: nn.Module, tmp_path: Path) -> None:
    batch = torch.rand(6, 8, 4, 4) + 1

    def compare(processes: Processes) -> None:
        torch.manual_seed(5)
        whole, after = dropout(batch), torch.rand(1)
        divide_layers(dropout, processes)
        torch.manual_seed(5)
        share_rows = slice(3 * processes.rank, 3 * processes.rank + 3)
        assert torch.equal(dropout(batch[share_rows]), whole[share_rows])
        assert torch.equal(torch.rand(1), after)
        assert torch.equal(dropout.eval()(batch[share_rows]), batch[share_rows])

    run_together(2, tmp_path, compare)


def test_batch_norms_of_several_processes_are_not_recorded() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    with pytest.raises(ValueError, match="graphs: true: batch norms of several processes"):
        divide_layers(network, Processes(0, 2), graphs=True)
    divide_layers(network, Processes(0, 1), graphs=True)
    assert type(network[1]) is nn.BatchNorm2d
    divide_layers(network[0], Processes(0, 2), graphs=True)
