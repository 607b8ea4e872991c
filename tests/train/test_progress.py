import dataclasses
from pathlib import Path

import pytest
import torch
from torch import nn

from respectra.logs import log
from respectra.train import checkpoint
from respectra.train.progress import Progress, Recorder


def train(network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """One step with random numbers, so that the random state matters."""
    optimizer.zero_grad()
    network(torch.rand(4, 3)).square().mean().backward()
    optimizer.step()


def make_network() -> tuple[nn.Module, torch.optim.Optimizer, torch.amp.GradScaler]:
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    return network, optimizer, torch.amp.GradScaler("cpu", enabled=False)


def test_a_restored_training_continues_with_the_same_numbers(tmp_path: Path) -> None:
    network, optimizer, scaler = make_network()
    train(network, optimizer)
    progress = Progress("f", iterations=1, history=[[0, 1, 0.1, 0.5]], hard_scenes=["b"])
    progress.capture(network, optimizer, scaler)
    progress.save(tmp_path / "progress.pt")
    train(network, optimizer)

    resumed, other_optimizer, _ = make_network()
    loaded = Progress.load(tmp_path / "progress.pt", "f")
    loaded.restore(resumed)
    other_optimizer.load_state_dict(loaded.optimizer)
    train(resumed, other_optimizer)
    assert torch.equal(resumed.weight, network.weight)
    assert (loaded.iterations, loaded.history, loaded.hard_scenes) == (1, [[0, 1, 0.1, 0.5]], ["b"])


def test_without_a_file_a_training_is_new(tmp_path: Path) -> None:
    assert Progress.load(tmp_path / "none.pt", "f") == Progress("f")


@pytest.mark.parametrize("missing", ["fingerprint", "random_state"])
def test_a_file_of_another_version_starts_anew(
    tmp_path: Path, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "progress.pt"
    content = {**dataclasses.asdict(Progress("f", iterations=3)), "plan": "f", "done": 3}
    del content[missing]
    checkpoint.save(path, content)
    log.propagate = True
    with caplog.at_level("INFO", logger="respectra"):
        assert Progress.load(path, "f") == Progress("f")
    assert f"the training starts anew: {path}: another version wrote this file" in caplog.text


def test_a_file_of_another_plan_and_a_broken_file_start_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "progress.pt"
    log.propagate = True
    with caplog.at_level("INFO", logger="respectra"):
        Progress("other", iterations=3).save(path)
        assert Progress.load(path, "f") == Progress("f")
        path.write_bytes(b"half")
        assert Progress.load(path, "f") == Progress("f")
        Progress("f-old", iterations=3).save(path)
        assert Progress.load(path, "f-new") == Progress("f-new")
    assert f"{path}: belongs to another plan" in caplog.text
    assert f"the training starts anew: {path}: belongs to other data" in caplog.text
    assert f"{path}: is no checkpoint, or incomplete" in caplog.text


def test_a_recorder_counts_iterations_and_refuses_a_loss_that_is_not_finite(
    tmp_path: Path,
) -> None:
    progress = Progress("f", iterations=4, history=[[0, 4, 0.1, 2.0]])
    recorder = Recorder(progress, tmp_path / "progress.pt", 10, save_seconds=1000)
    recorder.record(0, 7, 0.2, [torch.tensor(value) for value in (1.0, 2.0, 3.0)])
    assert progress.history == [[0, 4, 0.1, 2.0], [0, 7, 0.2, 2.0]]
    assert progress.iterations == 7
    with pytest.raises(ValueError, match="the loss is nan before iteration 8 of phase 1"):
        recorder.record(1, 8, 0.2, [torch.tensor(float("nan"))])
    assert progress.iterations == 7


def test_a_save_is_due_after_its_time(tmp_path: Path) -> None:
    path = tmp_path / "progress.pt"
    assert not Recorder(Progress("f"), path, 10, save_seconds=1000).is_save_due()
    recorder = Recorder(Progress("f", iterations=2), path, 10, save_seconds=0)
    assert recorder.is_save_due()
    recorder.save()
    assert Progress.load(path, "f").iterations == 2


def test_the_time_of_all_sessions_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time between a stop and its continuation is not part of it."""
    clock = iter([100.0, 160.0, 160.0, 5000.0, 5030.0])
    monkeypatch.setattr("respectra.train.progress.time.monotonic", lambda: next(clock))
    path = tmp_path / "progress.pt"
    Recorder(Progress("f", iterations=1), path, 10, save_seconds=0).save()
    resumed = Progress.load(path, "f")
    assert resumed.seconds == 60
    Recorder(resumed, path, 10, save_seconds=0).count_time()
    assert resumed.seconds == 90
