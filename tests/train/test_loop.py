import copy
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from respectra.datasets.store import Store
from respectra.logs import log
from respectra.train import checkpoint, distributed, loop
from respectra.train.loop import train_network
from respectra.train.objective import build_objective
from respectra.train.run import prepare_run
from tests.conftest import Data
from tests.crashes import Disk
from tests.small_plans import HPRN, SUPERPIXELS, make_inputs, make_phase, make_train_plan

PLAN = make_train_plan()
HPRN_PLAN = make_train_plan(
    make_phase(loss={"l1": 1.0, "second_order": 2.0}, precision="float16"),
    network=HPRN, inputs=make_inputs("unit", superpixels=SUPERPIXELS),
)  # fmt: skip


def plan(**changes: object) -> dict[str, object]:
    return make_train_plan(make_phase(**changes))


def run(data: Data, folder: Path, train_plan: dict[str, object], **changes: object) -> Path:
    train_network(
        **{
            "plan": train_plan, "scenes": data.scenes, "observations": data.observations, "seed": 0,
            "save_plan": folder / "plan.yaml", "save_checkpoint": folder / "checkpoint.pt",
            "save_history": folder / "history.csv", "device": "cpu", **changes,
        }
    )  # fmt: skip
    return folder


def same(one: Path, two: Path) -> bool:
    return all(
        (one / name).read_bytes() == (two / name).read_bytes()
        for name in ("checkpoint.pt", "history.csv", "plan.yaml")
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(folder / "checkpoint.pt")["state_dict"]


@pytest.mark.parametrize("train_plan", [PLAN, HPRN_PLAN])
def test_training_lowers_the_loss_and_writes_its_products(
    data: Data, tmp_path: Path, train_plan: dict[str, object]
) -> None:
    train_plan = copy.deepcopy(train_plan)
    train_plan["train"][0]["iterations"] = 40  # type: ignore[index]
    run(data, tmp_path, train_plan)
    history = pd.read_csv(tmp_path / "history.csv")
    assert list(history.columns) == ["phase", "iteration", "learning_rate", "loss"]
    assert history["loss"].tail(5).mean() < 0.8 * history["loss"].head(5).mean()
    assert yaml.safe_load((tmp_path / "plan.yaml").read_text()) == train_plan
    content = checkpoint.load(tmp_path / "checkpoint.pt")
    assert (content["bands"], content["iterations"]) == (31, 40)
    assert not (tmp_path / "progress.pt").exists()
    machine = yaml.safe_load((tmp_path / "machine.yaml").read_text())
    assert 0 < machine["hours"] < 0.1
    assert machine["iterations"] == 40


def test_the_number_of_iterations_is_exact(data: Data, tmp_path: Path) -> None:
    """The public code compares between passes: 395,576 iterations instead of 300,000."""
    run(data, tmp_path, plan(iterations=31, batch=3))  # a pass has 13 batches
    history = pd.read_csv(tmp_path / "history.csv")
    assert list(history["iteration"]) == list(range(1, 32))
    assert history["learning_rate"].is_monotonic_decreasing


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    data: Data, tmp_path: Path
) -> None:
    one, two = (run(data, tmp_path / name, plan()) for name in "ab")
    assert same(one, two)
    other = run(data, tmp_path / "c", plan(), seed=1)
    assert not same(one, other)


def test_workers_change_nothing(data: Data, tmp_path: Path) -> None:
    assert same(run(data, tmp_path / "a", plan()), run(data, tmp_path / "b", plan(), workers=2))


CHILD = """
import sys, yaml
from pathlib import Path
from respectra.train.loop import train_network
from respectra.train.objective import build_objective
from respectra.train.run import prepare_run
plan = yaml.safe_load(Path(sys.argv[1]).read_text())
out = Path(sys.argv[4])
train_network(plan=plan, scenes=sys.argv[2], observations=sys.argv[3], seed=0, save_plan=out / "plan.yaml",
      save_checkpoint=out / "checkpoint.pt", save_history=out / "history.csv", device="cpu",
      save_seconds=0)
"""


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
@pytest.mark.parametrize("train_plan", [PLAN, HPRN_PLAN])
def test_a_gpu_trains_and_resumes(
    data: Data, tmp_path: Path, train_plan: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinned batches from workers, scaled gradients; stopped in the middle and resumed."""
    train_plan = copy.deepcopy(train_plan)
    train_plan["train"][0]["iterations"] = 40  # type: ignore[index]
    whole = run(data, tmp_path / "whole", train_plan, device="cuda", workers="auto")
    history = pd.read_csv(whole / "history.csv")
    assert history["loss"].tail(5).mean() < 0.8 * history["loss"].head(5).mean()
    assert all(value.device.type == "cpu" for value in weights(whole).values())

    save, saves = checkpoint.save, []

    def stop(path: Path, content: dict[str, object]) -> None:
        save(path, content)
        saves.append(path)
        if len(saves) == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        run(data, tmp_path / "stopped", train_plan, device="cuda", save_seconds=0)
    monkeypatch.setattr(checkpoint, "save", save)
    stopped = run(data, tmp_path / "stopped", train_plan, device="cuda")
    resumed = pd.read_csv(stopped / "history.csv")
    assert list(resumed["iteration"]) == list(history["iteration"])
    # A GPU's sums come in no fixed order, so the last bits differ.
    assert np.allclose(resumed["loss"], history["loss"], rtol=0.05)


@pytest.mark.parametrize("train_plan", [PLAN, HPRN_PLAN])
def test_resuming_does_not_start_again(
    data: Data, tmp_path: Path, train_plan: dict[str, object]
) -> None:
    """Killed twice in the second phase and resumed: the same bytes. The public code starts the
    count and the schedule anew."""
    train_plan = copy.deepcopy(train_plan)
    phase = train_plan["train"][0]  # type: ignore[index]
    second = {
        **phase,
        "iterations": 30,
        "schedule": {"is": "polynomial", "power": 1.5},
        "patch": 24,
        "hard_scenes": {"share": 0.5, "times": 3},
    }
    train_plan["train"] = [phase, copy.deepcopy(second)]
    (tmp_path / "plan.in").write_text(yaml.safe_dump(train_plan, sort_keys=False))
    whole = run(data, tmp_path / "whole", train_plan)

    out = tmp_path / "killed"
    command = [sys.executable, "-c", CHILD, str(tmp_path / "plan.in"), str(data.scenes),
               str(data.observations), str(out)]  # fmt: skip
    for _ in range(2):  # killed twice
        child = subprocess.Popen(command)
        before = (out / "progress.pt").stat().st_mtime_ns if (out / "progress.pt").exists() else 0
        for _ in range(6000):
            if (out / "progress.pt").exists() and (
                out / "progress.pt"
            ).stat().st_mtime_ns != before:
                done = checkpoint.load(out / "progress.pt")["iterations"]
                if done > 6:
                    break
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert not (out / "checkpoint.pt").exists()
        assert 6 < checkpoint.load(out / "progress.pt")["iterations"] < 36
    subprocess.run(command, check=True)
    assert same(whole, out)
    assert not (out / "progress.pt").exists()


def test_a_progress_file_of_another_version_starts_anew(data: Data, tmp_path: Path) -> None:
    whole = run(data, tmp_path / "whole", plan())
    out = tmp_path / "other"
    out.mkdir()
    state = {"plan": "another", "done": 3, "network": {}, "optimizer": {}, "history": []}
    checkpoint.save(out / "progress.pt", state)
    assert same(whole, run(data, out, plan()))


def test_a_broken_progress_file_starts_anew(data: Data, tmp_path: Path) -> None:
    whole = run(data, tmp_path / "whole", plan())
    out = tmp_path / "other"
    out.mkdir()
    (out / "progress.pt").write_bytes(b"cut short")
    assert same(whole, run(data, out, plan()))


def test_a_training_of_other_data_starts_anew(
    data: Data, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cube or picture that changed between a kill and the next run is no cube of the training."""
    stop_after_first_save(monkeypatch, data, tmp_path / "stopped")
    table = tmp_path / "camera/scenes.csv"
    shutil.copytree(data.observations.parent, table.parent)
    table.write_text(table.read_text().replace("no,", "yes,", 1))
    log.propagate = True
    with caplog.at_level("INFO", logger="respectra"):
        run(data, tmp_path / "stopped", plan(), observations=table.with_name("observations"))
    assert "progress.pt: belongs to other data" in caplog.text
    assert "continuing after iteration" not in caplog.text
    assert same(tmp_path / "stopped", run(data, tmp_path / "whole", plan()))


def stop_after_first_save(monkeypatch: pytest.MonkeyPatch, data: Data, folder: Path) -> None:
    """Train until the progress is saved for the first time."""
    save = checkpoint.save

    def save_and_stop(*arguments: Any) -> None:
        save(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint, "save", save_and_stop)
        run(data, folder, plan(), save_seconds=0)
    assert (folder / "progress.pt").exists()


def test_a_second_process_waits_and_takes_over_what_the_first_has_finished(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(data, tmp_path, plan())
    products = {path.name: path.stat().st_ino for path in folder.iterdir()}

    @contextmanager
    def wait(path: Path, report: object) -> Iterator[bool]:
        yield True

    monkeypatch.setattr(distributed, "lock_file", wait)
    run(data, tmp_path, plan())
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == products
    run(data, tmp_path, plan(), seed=1)  # not the training of the first process
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} != products


def test_a_power_cut_at_any_moment_leaves_the_progress_or_the_checkpoint(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_first_save(monkeypatch, data, tmp_path)
    progress = (tmp_path / "progress.pt").read_bytes()
    disk = Disk(tmp_path, monkeypatch)
    paths = [tmp_path / name for name in ("progress.pt", "checkpoint.pt")]
    for path in paths:
        disk.read_states(path)
    run(data, tmp_path, plan(), save_seconds=1000)
    final = paths[1].read_bytes()
    assert disk.read_states(paths[1]) == {final}
    saved = disk.read_moments(paths[0]) - {progress, None}
    assert len(saved) == 1, "the progress at the end of the phase, complete"
    for states in disk.list_moments():
        assert None not in states[paths[0]] or states[paths[1]] == {final}


def test_accumulated_gradients_are_the_batchs(data: Data, tmp_path: Path) -> None:
    one = run(data, tmp_path / "one", plan(iterations=2))
    for parts in (2, 3, 4):
        other = run(data, tmp_path / str(parts), plan(iterations=2, accumulate=parts))
        for key, value in weights(one).items():
            torch.testing.assert_close(weights(other)[key], value, rtol=1e-3, atol=2e-5)


def test_mixed_precision_trains(data: Data, tmp_path: Path) -> None:
    exact = pd.read_csv(run(data, tmp_path / "a", plan(iterations=10)) / "history.csv")
    mixed = pd.read_csv(
        run(data, tmp_path / "b", plan(iterations=10, precision="bfloat16")) / "history.csv"
    )
    assert mixed["loss"].iloc[0] == pytest.approx(exact["loss"].iloc[0], rel=0.05)
    assert not mixed["loss"].equals(exact["loss"])


def test_the_log_says_device_and_time_left(data: Data, tmp_path: Path, caplog) -> None:
    log.propagate = True
    with caplog.at_level("INFO", logger="respectra"):
        run(data, tmp_path, plan())
    text = caplog.text
    assert "6 iterations on CPU, 1 threads" in text
    assert "iteration 6 of 6, loss" in text
    assert "left" in text


def test_a_loss_that_is_not_finite_stops_the_training(data: Data, tmp_path: Path) -> None:
    bad = plan(optimizer={"is": "torch.optim:SGD", "lr": 1e30})
    with pytest.raises(
        ValueError, match=r"the loss is (nan|inf) before iteration .* lower the learning"
    ):
        run(data, tmp_path, bad)
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_network_of_another_number_of_bands_trains(
    data_of_16_bands: Data, tmp_path: Path
) -> None:
    run(data_of_16_bands, tmp_path, plan(iterations=2))
    assert checkpoint.load(tmp_path / "checkpoint.pt")["bands"] == 16


def test_a_results_folder_that_cannot_be_written_is_named(data: Data, tmp_path: Path) -> None:
    (tmp_path / "blocked").touch()
    with pytest.raises(OSError, match="nothing was changed there"):
        run(data, tmp_path / "blocked", plan(iterations=2))


def test_history_has_about_a_hundred_lines_and_one_at_least_every_thousand_iterations(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for iterations in (1, 99, 100, 5_000, 99_999, 300_000):
        interval = loop.choose_interval(iterations)
        assert interval <= 1000
        assert iterations // interval >= min(iterations, 100)
    monkeypatch.setattr(loop, "choose_interval", lambda iterations: 4)
    history = pd.read_csv(run(data, tmp_path, plan(iterations=10)) / "history.csv")
    assert history["iteration"].tolist() == [4, 8, 10]


STAR = make_train_plan(
    make_phase(loss={"l1": 1.0}, iterations=3, objective="translation", freeze=["filters"]),
    make_phase(loss={"l1": 1.0}, iterations=3, freeze=["translate"]),
    network={"is": "star_spectral:StarSpectral", "width": 8, "growth": 4, "layers": 1},
    inputs=make_inputs("unit"),
)


def test_frozen_parts_do_not_change_and_the_rest_does(data: Data, tmp_path: Path) -> None:
    """The statistics of a frozen part's norms do not change either."""
    states = []
    for phases in (1, 2):
        train_plan = {**STAR, "train": STAR["train"][:phases]}  # type: ignore[index]
        folder = run(data, tmp_path / str(phases), train_plan)
        states.append(checkpoint.load(folder / "checkpoint.pt")["state_dict"])
    one, two = states
    moved = {key for key in one if not torch.equal(one[key], two[key])}
    assert moved
    assert all(key.startswith("filters.") for key in moved)
    torch.manual_seed(0)
    fresh = loop.build("network", STAR["network"], bands=31).state_dict()
    still = {key for key in one if torch.equal(one[key], fresh[key])}
    assert {key for key in one if key.startswith("filters.")} <= still
    assert "translate.tail.weight" not in still


def test_training_starts_with_the_initial_checkpoint(data: Data, tmp_path: Path) -> None:
    first = run(data, tmp_path / "first", plan())
    still = plan(iterations=1, optimizer={"is": "torch.optim:SGD", "lr": 1e-12})
    second = run(data, tmp_path / "second", still, initial_checkpoint=first / "checkpoint.pt")
    fresh = run(data, tmp_path / "fresh", still)
    for key, value in weights(first).items():
        torch.testing.assert_close(weights(second)[key], value)
    assert not all(torch.equal(weights(fresh)[key], weights(first)[key]) for key in weights(first))


def test_a_phase_with_extra_datasets_draws_their_cubes(data: Data, tmp_path: Path) -> None:
    plain = plan(augment=["simulate"], patch=24)
    ignoring = run(data, tmp_path / "plain", plain, extra_manifests=[data.scenes])
    extended = plan(augment=["simulate"], patch=24, extra_datasets=True)
    with_others = run(data, tmp_path / "more", extended, extra_manifests=[data.scenes])
    without_others = run(data, tmp_path / "without_others", extended)
    first = next(iter(weights(ignoring)))
    assert torch.equal(weights(ignoring)[first], weights(without_others)[first])
    assert not torch.equal(weights(with_others)[first], weights(without_others)[first])


class Ones(torch.nn.Module):
    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        return torch.ones(len(rgb), 31, *rgb.shape[2:])


def test_hard_scenes_are_those_with_the_greatest_error(data: Data) -> None:
    names = ["a", "b", "c", "d"]
    store = Store(data.scenes)
    errors = {s: float(np.mean((1 - store.cube(s)) / store.cube(s))) for s in names}
    for share, count in ((0.25, 1), (0.5, 2), (0.01, 1)):
        phase = make_phase(patch=40, hard_scenes={"share": share, "times": 2})
        prepared = prepare_run(
            plan=make_train_plan(phase), scenes=data.scenes, observations=data.observations,
            extra_manifests=[], seed=0, device_name="cpu", workers=0,
        )  # fmt: skip
        ones = dataclasses.replace(prepared, network=Ones())
        objective = build_objective(
            ones.network, "forward", ones.assembler.observations, ones.device
        )
        hard = loop.find_hard_scenes(ones, 0, objective, store, names)
        assert hard == sorted(sorted(names, key=lambda s: -errors[s])[:count])


def test_hard_scenes_are_drawn_more_often(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    class RecordedPatches(loop.Patches):
        def __init__(self, store: Store, assembler: object, names: list[str], **draws: object):
            drawn.append(names)
            super().__init__(store, assembler, names, **draws)

    monkeypatch.setattr(loop, "Patches", RecordedPatches)
    run(data, tmp_path, plan(hard_scenes={"share": 0.5, "times": 3}))
    assert sorted(map(len, drawn)) == [1, 1, 4]  # each of two scenes alone, then the training
    assert sorted(drawn[-1].count(scene) for scene in "ab") == [1, 3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"freeze": ["filter"]}, "freeze: the network has no part filter; did you mean filters?"),
        ({"objective": "translations"}, "has no method translations; did you mean translation?"),
    ],
)
def test_an_unknown_part_or_method_is_named(
    changes: dict[str, object], message: str, data: Data, tmp_path: Path
) -> None:
    train_plan = copy.deepcopy(STAR)
    train_plan["train"][0].update(changes)  # type: ignore[attr-defined,index]
    with pytest.raises(ValueError, match=re.escape(message)):
        run(data, tmp_path, train_plan)
