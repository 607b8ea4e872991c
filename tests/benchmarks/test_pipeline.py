"""The benchmark of loaders runs on a CPU and measures what it says."""

import importlib.util
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from respectra.config import Config
from respectra.datasets.store import Store

ROOT = Path(__file__).parents[2]
SPEC: Any = importlib.util.spec_from_file_location("pipeline", ROOT / "benchmarks/pipeline.py")
pipeline: ModuleType = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pipeline)


class Answers:
    """Takes the place of a pipe's end."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def send(self, row: Any) -> None:
        self.rows.append(row)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline")
    pipeline.store_scenes(folder, 3, pipeline.TINY_SIZE, 1)
    return folder


def make_task(folder: Path, method: str, **changes: object) -> dict[str, Any]:
    return {
        "method": method, "parts": 1, "tiny": True, "cores": 0, "data": str(folder),
        "device": "cpu", "workers": 0, "graphs": False, "arithmetic": "exact", "window": 0.05,
        "loader_only": False, "start_method": multiprocessing.get_start_method(), **changes,
    }  # fmt: skip


def test_scenes_are_smooth_and_have_all_bands(stored: Path) -> None:
    store = Store(stored / "datasets/scenes.csv")
    for scene in store.scenes("train"):
        cube = store.cube(scene)
        assert cube.shape == (31, *pipeline.TINY_SIZE)
        assert 0 < cube.min() < cube.max() == 1
        assert np.corrcoef(cube[:, :, 1:].ravel(), cube[:, :, :-1].ravel())[0, 1] > 0.8


def test_a_method_is_measured_with_its_own_inputs(stored: Path) -> None:
    answers = Answers()
    pipeline.measure_method(make_task(stored, "hprn", workers=1), answers)
    row, end = answers.rows
    assert end is None
    assert (row["method"], row["phase"], row["batch"], row["patch"]) == ("hprn", 1, 2, 32)
    assert min(row[name] for name in pipeline.SHARES) > 0
    assert not (stored / "progress.pt").exists()


def test_phases_with_other_inputs_have_rows_of_their_own(stored: Path) -> None:
    answers = Answers()
    pipeline.measure_method(make_task(stored, "yuelushan", loader_only=True), answers)
    assert [row and row["phase"] for row in answers.rows] == [1, 2, None]
    assert all(set(row) & set(pipeline.SHARES) == {"loader"} for row in answers.rows[:-1])


def test_a_failure_is_a_row(stored: Path) -> None:
    answers = Answers()
    pipeline.measure_method(make_task(stored, "hrpn"), answers)
    assert "hrpn" in answers.rows[0]["error"]
    context = multiprocessing.get_context("fork")
    rows = pipeline.run_alone(context, make_task(stored / "nowhere", "unet"))
    assert "scenes.csv" in rows[0]["error"]


def test_a_process_that_ends_without_an_answer_is_a_row(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "measure_method", lambda task, answers: os._exit(7))
    rows = pipeline.run_alone(multiprocessing.get_context("fork"), make_task(stored, "unet"))
    assert rows[0]["error"] == "the process ended with status 7"


def test_a_full_memory_is_met_with_more_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(context: Any, task: dict[str, Any]) -> list[dict[str, Any]]:
        error = {"error": "OutOfMemoryError: CUDA out of memory"}
        return [error if task["parts"] < 4 else {"parts": task["parts"]}]

    monkeypatch.setattr(pipeline, "run_alone", measure)
    assert pipeline.measure_in_parts(None, {"parts": 1}) == [{"parts": 4}]


def test_rates_are_those_of_the_loop_and_of_the_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of 4 ms with a loader of 12 ms that nobody reads ahead for: 16 ms a step."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(pipeline, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    batch = {"rgb": torch.zeros(1)}

    def read(*arguments: object) -> Iterator[dict[str, torch.Tensor]]:
        while True:
            clock.now += 0.012
            yield batch

    reader = pipeline.Reader(read, 8.0, torch.device("cpu"), loader_only=False)
    for _ in reader([batch], 0, None, 0):
        clock.now += 0.004
    assert reader.rates["step"] == pytest.approx(1 / 0.004)
    assert reader.rates["loader"] == pytest.approx(1 / 0.012)
    assert reader.rates["loop"] == pytest.approx(1 / 0.016)


def test_every_network_is_measured() -> None:
    config = Config(ROOT)
    names = pipeline.list_methods(config)
    networks = {name for name in config.methods if config.kind(name) == "network"}
    assert len(names) == len(networks)
    assert set(names) == networks


def test_a_row_names_what_is_missing() -> None:
    row = {"method": "unet", "phase": 1, "batch": 32, "patch": 64, "parts": 2, "setup": 1.0}
    text = pipeline.format_row({**row, "loader": 20.0})
    assert text == "| unet | 1 | 32 | 64 | – | – | 20.00 | – | 1.0 in 2 parts |"
    assert pipeline.format_row({"method": "unet", "error": "no"}) == "| unet | no |"
