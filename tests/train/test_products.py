from pathlib import Path

import pandas as pd
import pytest
import yaml

from respectra.train import checkpoint, products
from respectra.train.products import save_products
from respectra.train.progress import Progress
from respectra.train.run import prepare_run
from tests.conftest import Data
from tests.small_plans import make_train_plan

NAMES = ("plan.yaml", "history.csv", "checkpoint.pt")


@pytest.fixture
def progress() -> Progress:
    return Progress("f-d", iterations=1, history=[[0, 1, 0.1, 0.5]])


def save(data: Data, folder: Path, progress: Progress) -> None:
    run = prepare_run(
        plan=make_train_plan(), scenes=data.scenes, observations=data.observations,
        extra_manifests=(), seed=0, device_name="cpu", workers=0,
    )  # fmt: skip
    save_products(run, progress, *(folder / name for name in NAMES))


def test_the_products_of_a_training_are_four_files(
    data: Data, tmp_path: Path, progress: Progress
) -> None:
    save(data, tmp_path, progress)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((*NAMES, "machine.yaml"))
    assert yaml.safe_load((tmp_path / "plan.yaml").read_text()) == make_train_plan()
    machine = yaml.safe_load((tmp_path / "machine.yaml").read_text())
    assert (machine["fingerprint"], machine["processes"]) == ("f-d", 1)
    assert pd.read_csv(tmp_path / "history.csv").values.tolist() == [[0, 1, 0.1, 0.5]]
    assert checkpoint.load(tmp_path / "checkpoint.pt")["bands"] == 31


def test_the_checkpoint_is_written_last(
    data: Data, tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(path: Path, content: object) -> None:
        assert (tmp_path / "history.csv").is_file()
        assert (tmp_path / "machine.yaml").is_file()

    monkeypatch.setattr(products.checkpoint, "save", check)
    save(data, tmp_path, progress)
    assert not (tmp_path / "checkpoint.pt").exists()
