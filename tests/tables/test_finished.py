from collections.abc import Callable
from pathlib import Path

import pytest

from respectra.tables import make_table
from respectra.tables.finished import read_lines
from tests.tables.builders import make_plan


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "study/table.demo.csv"
    make_table(
        plan=make_plan(tmp_path), save_csv=path, save_markdown=path.with_suffix(".md"),
        save_tex=path.with_suffix(".tex"),
    )  # fmt: skip
    return path


def test_the_lines_of_a_table_are_read(table: Path) -> None:
    lines = read_lines(table)
    assert [(line["row"], line["metric"], line["ours"]) for line in lines] == [
        ("AWAN", "MRAE", ""), ("HPRN", "MRAE", "0.102"), ("HPRN", "SAM", "1.99962"),
    ]  # fmt: skip


def cut(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


@pytest.mark.parametrize("suffix", [".csv", ".md"])
@pytest.mark.parametrize("change", [cut, lambda text: text.replace("0.102", "0.103")])
def test_a_row_that_is_missing_and_a_changed_number_are_told(
    table: Path, suffix: str, change: Callable[[str], str]
) -> None:
    path = table.with_suffix(suffix)
    path.write_text(change(path.read_text()))
    message = r"table.demo.md: does not show the rows and numbers of table.demo.csv .*: remove both"
    with pytest.raises(ValueError, match=message):
        read_lines(table)


def test_a_table_without_its_other_file_is_told(table: Path) -> None:
    table.with_suffix(".md").unlink()
    with pytest.raises(ValueError, match=r"table.demo.md: does not exist; run the same command"):
        read_lines(table)


def test_a_row_that_is_cut_is_told(table: Path) -> None:
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:-1], "HPRN,Clean", ""]))
    with pytest.raises(ValueError, match=r"table.demo.csv: is cut short or damaged \(a row has"):
        read_lines(table)
