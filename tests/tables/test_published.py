from pathlib import Path

import pytest

from respectra.config import Config
from respectra.tables.join import UNITS
from respectra.tables.published import read_published
from tests.conftest import ROOT

UNCONVERTED = {"", "1", "dB", "0-1 scale", "MB", "s", "FPS on GTX 1080"}


def test_a_table_that_no_paper_prints_has_no_cells() -> None:
    assert read_published(None) == []


def test_a_published_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("method,value\na,1\n")
    with pytest.raises(ValueError, match=r"p\.csv: must have the columns row, column, metric"):
        read_published(tmp_path / "p.csv")


PAPERS = ("ntire2022", "hprn")
CONFIG = Config(ROOT)
TABLES = [(paper, key) for paper in PAPERS for key in CONFIG.paper(paper).tables]


@pytest.mark.parametrize(("paper", "key"), TABLES)
def test_rows_and_columns_of_a_paper_are_its_labels(paper: str, key: str) -> None:
    table = CONFIG.paper(paper).tables[key]
    cells = read_published(ROOT / f"published/{paper}/{key}.csv")
    assert cells
    if table.rows:
        assert list(table.rows) == list(dict.fromkeys(cell["row"] for cell in cells))
    for column in table.columns:
        metrics = {cell["metric"] for cell in cells if cell["column"] == column.label}
        assert set(column.metrics) <= metrics, column.label


@pytest.mark.parametrize("paper", PAPERS)
def test_every_published_table_is_in_the_papers_file(paper: str) -> None:
    files = {path.stem for path in (ROOT / "published" / paper).glob("*.csv")}
    assert files == set(CONFIG.paper(paper).tables)
    assert "typed" in (ROOT / "published" / paper / "SOURCE.md").read_text()


@pytest.mark.parametrize("paper", PAPERS)
def test_published_units_are_known(paper: str) -> None:
    for path in (ROOT / "published" / paper).glob("*.csv"):
        units = {cell["unit"] for cell in read_published(path)}
        assert units <= UNCONVERTED | set(UNITS), path
