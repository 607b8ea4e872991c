from pathlib import Path

import pandas as pd
import pytest

from respectra.tables.numbers import Number, average_scores
from tests.tables.builders import make_cell, write_scores

KEY = ("HPRN", "Clean", "MRAE")


def test_scores_are_averaged_over_scenes_of_a_region(tmp_path: Path) -> None:
    lines = [("a", "full", 0.1), ("b", "full", 0.5), ("a", "crop", 0.9), ("b", "crop", 0.7)]
    frame = pd.DataFrame(lines, columns=["scene", "region", "mrae"])
    frame.to_csv(tmp_path / "0.csv", index=False)
    for region, mean in (("full", 0.3), ("crop", 0.8)):
        number = average_scores([make_cell(str(tmp_path / "0.csv"), region=region)])[KEY]
        assert number.value == pytest.approx(mean)
        assert number.spread is None


def test_scenes_that_leak_are_not_averaged(tmp_path: Path) -> None:
    frame = pd.DataFrame({"scene": ["a", "b"], "region": "full", "mrae": [0.1, 0.5]})
    frame.to_csv(tmp_path / "0.csv", index=False)
    cell = make_cell(str(tmp_path / "0.csv"), left_out=["b"])
    assert average_scores([cell])[KEY].value == pytest.approx(0.1)


def test_files_of_one_cell_are_seeds(tmp_path: Path) -> None:
    files = [write_scores(tmp_path / f"{i}.csv", mrae=m) for i, m in enumerate((0.10, 0.104))]
    number = average_scores([make_cell(file) for file in files])[KEY]
    assert number.value == pytest.approx(0.102)
    assert number.spread == pytest.approx(0.0028284, rel=1e-4)


def test_infinite_scores_have_no_spread(tmp_path: Path) -> None:
    files = [write_scores(tmp_path / f"{i}.csv", mrae=float("inf")) for i in range(2)]
    number = average_scores([make_cell(file) for file in files])[KEY]
    assert number == Number(float("inf"), None)


def test_a_missing_file_gives_no_number(tmp_path: Path) -> None:
    assert average_scores([make_cell(str(tmp_path / "missing.csv"))]) == {}
