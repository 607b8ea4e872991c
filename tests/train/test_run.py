import pytest
import torch

from respectra.train.run import Run, prepare_run
from tests.conftest import Data
from tests.small_plans import make_phase, make_train_plan


def prepare(data: Data, **changes: object) -> Run:
    settings = {
        "plan": make_train_plan(make_phase(), make_phase(iterations=4)), "scenes": data.scenes,
        "observations": data.observations, "extra_manifests": [], "seed": 3,
        "device_name": "cpu", "workers": "auto", **changes,
    }  # fmt: skip
    return prepare_run(**settings)  # type: ignore[arg-type]


def test_iterations_are_counted_over_phases(data: Data) -> None:
    run = prepare(data)
    assert [run.count_iterations(phases) for phases in range(3)] == [0, 6, 10]
    assert run.iterations == 10


def test_the_seed_decides_the_first_weights(data: Data) -> None:
    runs = [prepare(data), prepare(data), prepare(data, seed=4)]
    first, same, other = (next(run.network.parameters()) for run in runs)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_a_cpu_needs_no_workers(data: Data) -> None:
    assert prepare(data).workers == 0
    assert prepare(data, workers=2).workers == 2


def test_the_cubes_of_other_data_sets_are_training_scenes(data: Data) -> None:
    run = prepare(data, extra_manifests=[data.scenes])
    assert run.store.scenes("train") == ["a", "b"]
    assert run.all_cubes.scenes("train") == ["a", "b", "datasets/a", "datasets/b"]


def test_an_unknown_device_is_refused(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="PyTorch sees no GPU"):
        prepare(data, device_name="cuda")
