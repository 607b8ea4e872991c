"""Every number of `published/` stands in the papers' text, the rows of tables in one line each.

The texts of the papers are reference material next to the repository; without it, tests skip.
"""

import re
from pathlib import Path

import pytest

from respectra.datasets.layout import read_splits
from respectra.tables.published import PublishedCell, read_published
from tests.conftest import ROOT

TEXTS = {"ntire2022": "ntire2022_spectral_recovery.txt", "hprn": "hprn.txt"}
TABLES_IN_LINES = [
    *(("ntire2022", f"table{number}") for number in (1, 2, 3, 4)),
    *(("hprn", f"table{number}") for number in (3, 4, 5, 6, 7, 8, 9, 11)),
]
# Labels of rows that the papers print with other characters.
PRINTED_LABELS = {
    "phi=psi (shared)": "ϕ(·) = ψ(·)", "phi!=psi (separate)": "ϕ(·) 6= ψ(·)",
    "w/o TCRM (SSRM+SOPC)": "w/o TCRM", "w/o SSRM (TCRM+SOPC)": "w/o SSRM",
    "w/o SOPC (SSRM+TCRM)": "w/o SOPC", "HPRN (all)": "HPRN",
}  # fmt: skip
NUMBER = re.compile(r"\d+(?:\.\d+)?")
TABLE_10 = {"Params": "Params(M)", "Size": "Sizes(MB)", "Time": "Times(ms)", "MRAE": "MRAE(↓)"}


def read_text(shared: Path, paper: str) -> str:
    return (shared / "papers" / TEXTS[paper]).read_text(encoding="utf-8")


def read_cells(paper: str, table: str) -> list[PublishedCell]:
    return read_published(ROOT / f"published/{paper}/{table}.csv")


def print_label(paper: str, table: str, row: str) -> str:
    """The label of a row in lower case, as the line of the paper begins."""
    if (paper, row) == ("hprn", "HPRN") and table in ("table8", "table9"):
        return "ours"
    label = re.sub(r"^(\d)x(\d)$", r"\1× \2", PRINTED_LABELS.get(row, row))
    return label.replace("_", " ").lower()


@pytest.mark.parametrize(("paper", "table"), TABLES_IN_LINES)
def test_a_row_of_a_table_is_a_line_of_the_paper(shared: Path, paper: str, table: str) -> None:
    """Its label stands at the start, after a rank; its values stand at the end."""
    lines = [
        [token for token in line.lower().replace("-klsit", " klsit").split() if token[0] != "—"]
        for line in read_text(shared, paper).splitlines()
        if line.strip()
    ]
    rows: dict[str, list[str]] = {}
    for cell in read_cells(paper, table):
        if cell["metric"] not in ("CPU", "GPU", "Platform"):  # shortened: see SOURCE.md
            rows.setdefault(cell["row"], []).extend(cell["value"].lower().split())
    missing = []
    for row, values in rows.items():
        label = print_label(paper, table, row)
        if not any(
            [re.sub(r"(?<=\d)[%s]$", "", token) for token in tokens[-len(values) :]] == values
            and re.match(rf"(\d+ )?{re.escape(label)}( |\[|\(|$)", " ".join(tokens))
            for tokens in lines
        ):
            missing.append((row, values))
    assert missing == []


@pytest.mark.parametrize("metric", TABLE_10)
def test_a_line_of_table_10_is_a_metric(shared: Path, metric: str) -> None:
    """HPRN's Table X has methods in columns."""
    values = [cell["value"] for cell in read_cells("hprn", "table10") if cell["metric"] == metric]
    assert len(values) == 7
    assert " ".join([TABLE_10[metric], *values]) in read_text(shared, "hprn")


@pytest.mark.parametrize("paper", TEXTS)
def test_every_published_number_stands_in_the_paper(shared: Path, paper: str) -> None:
    numbers = set(NUMBER.findall(read_text(shared, paper)))
    elsewhere = {"toolbox.csv"}  # of the README of the public code
    missing = [
        (path.name, cell["row"], number)
        for path in sorted((ROOT / "published" / paper).glob("*.csv"))
        for cell in read_published(path)
        if path.name not in elsewhere and cell["note"] != "repo README"
        for number in NUMBER.findall(cell["value"])
        if number not in numbers
    ]
    assert missing == []


@pytest.mark.parametrize(("year", "table"), [(2018, "table1"), (2020, "table2")])
def test_the_splits_are_those_of_tables_1_and_2(year: int, table: str) -> None:
    printed: dict[str, set[str]] = {}
    for cell in read_cells("hprn", table):
        printed.setdefault(cell["value"], set()).add(cell["row"])
    splits = read_splits("nowhere", str(ROOT / f"data/splits/ntire{year}_hprn.csv"))
    for split, label in (("test", "test"), ("valid", "validation")):
        assert {scene for scene in splits if splits[scene] == split} == printed[label]
    assert list(splits.values()).count("train") == {2018: 251, 2020: 440}[year]


@pytest.mark.parametrize("table", ["table1", "table2"])
def test_the_papers_scenes_are_transcribed(shared: Path, table: str) -> None:
    """HPRN prints the last three digits of the names, separated by commas."""
    scenes = " ".join(line for line in read_text(shared, "hprn").splitlines() if "," in line)
    for cell in read_cells("hprn", table):
        if cell["value"] in ("test", "validation"):
            assert re.search(rf"(?<!\d){cell['row'][-3:]}[,.]", scenes), cell["row"]
