"""Tables as spreadsheets and people write them: one meaning in any form, or refused."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from respectra.camera.response import load_response
from respectra.datasets.checksums import _read_checksums
from respectra.datasets.layout import read_groups, read_splits
from respectra.datasets.scenes import store_dataset
from respectra.tables.published import read_published
from tests.conftest import dataset_plan, write_folder
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

CURVES = [(nm, 0.1 + nm / 2000, 0.25, 0.5 - nm / 3000) for nm in range(390, 720, 10)]
TABLES: dict[str, list[tuple[Any, ...]]] = {
    "splits": [("scene", "split"), ("good", "train"), ("other", "valid")],
    "groups": [("scene", "group"), ("good", "a"), ("other", "b")],
    "response": [("wavelength_nm", "R", "G1", "B"), *CURVES],
    "checksums": [("file", "sha256"), ("a.mat", "0" * 64), ("b/c.mat", "f" * 64)],
    "published": [
        ("row", "column", "metric", "value", "unit", "note"),
        ("MST++", "MRAE", "mrae", "0.1645", "", ""),
        ("HPRN, ours", "MRAE", "mrae", "0.2", "", "a note, with a comma"),
    ],
}
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252")
# Tables of the project itself are CSV in UTF-8; tables of people may have any form.
OF_PEOPLE = ("splits", "groups", "response", "checksums")


class TableCase(NamedTuple):
    """A file, and whether it means the same as the table it was made from."""

    kind: str
    content: bytes
    is_same: bool


@st.composite
def table_files(draw: st.DrawFn) -> TableCase:
    """Tables in another form with the same meaning, with one wrong cell, damaged, or no tables."""
    kind = draw(st.sampled_from(sorted(TABLES)))
    change = draw(st.sampled_from(["form", "form", "cell", "rows", "edit", "other"]))
    if change == "form":
        content = draw(decorate(TABLES[kind]) if kind in OF_PEOPLE else quote(TABLES[kind]))
        return TableCase(kind, content, True)
    if change == "other":
        return TableCase(kind, draw(st.sampled_from(NO_TABLES)), False)
    if change == "edit":
        return TableCase(kind, draw(inputs.edits(write(TABLES[kind]))), False)
    rows = [list(row) for row in TABLES[kind]]
    place = draw(st.integers(0, len(rows) - 1))
    if change == "rows":
        rows[place] = draw(
            st.sampled_from(
                [[], rows[place][:-1], [*rows[place], "x"], ["", ""], rows[0], rows[-1]]
            )
        )
    else:
        column = draw(st.integers(0, len(rows[place]) - 1))
        rows[place][column] = draw(
            st.one_of(
                st.sampled_from(inputs.TEXTS), st.sampled_from(inputs.NUMBERS), st.text(max_size=6)
            )
        )
    content = write(rows, delimiter=draw(st.sampled_from(",;\t")))
    return TableCase(kind, content, False)


def write(rows: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """A table as CSV in UTF-8."""
    file = io.StringIO(newline="")
    csv.writer(file, **{"lineterminator": "\n", **options}).writerows(rows)
    return file.getvalue().encode("utf-8", "surrogatepass")


@st.composite
def quote(draw: st.DrawFn, rows: Sequence[Sequence[Any]]) -> bytes:
    """A table with other quotes and ends of lines."""
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    return write(rows, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def decorate(draw: st.DrawFn, rows: Sequence[Sequence[Any]]) -> bytes:
    """A table in a form that a spreadsheet writes; its meaning stays the same."""
    delimiter = draw(st.sampled_from(",;\t|"))
    cells = [[str(cell) for cell in row] for row in rows]
    if rows[0][0] != "wavelength_nm" and draw(st.booleans()):
        cells[0] = [draw(st.sampled_from([str.upper, str.title, str]))(name) for name in cells[0]]
    if draw(st.booleans()):
        cells = [[f" {cell}" if index else cell for index, cell in enumerate(row)] for row in cells]
    if draw(st.booleans()):
        cells = [[*row, "remark" if number == 0 else ""] for number, row in enumerate(cells)]
    elif draw(st.booleans()):
        cells = [[*row, ""] for row in cells]
    if rows[0][0] != "wavelength_nm" and draw(st.booleans()):
        cells = [row[::-1] for row in cells] if cells[0][-1] else cells
    if draw(st.booleans()):
        cells.insert(draw(st.integers(1, len(cells))), [""] * len(cells[0]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    text = write(cells, delimiter=delimiter, lineterminator=end, quoting=quoting).decode()
    if draw(st.integers(0, 4)) == 0:
        text = f"sep={delimiter}{end}{text}"
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return text.encode(draw(st.sampled_from(ENCODINGS)))


def _write_workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


NO_TABLES = (
    b"", b"\n\n\n", b",,,\n,,,\n", _write_workbook(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    b"<table><tr><td>scene</td></tr></table>", b'{"scene": "good"}', b"\0" * 512, b"scene\n" * 3,
    b'scene,split\n"good,train\nother,valid\n', b"scene,split\n" + b"a" * 200_000 + b",train\n",
    b"\xff\xfe", b"\xef\xbb\xbf", b"%PDF-1.4\n", b"{\\rtf1 scene}", b"scene,split\n" + b"\x80\x81\xfe,train\n",
)  # fmt: skip


def _read_response(path: Path) -> Any:
    wavelengths = inputs.WAVELENGTHS["right"].tolist()
    response = load_response(path, wavelengths, columns=["R", "G1", "B"])
    if not np.isfinite(response).all() or (response < 0).any() or not response.any():
        raise WrongError(f"a response has values from {response.min()} to {response.max()}")
    return response.tolist()


READERS: dict[str, Callable[[Path], Any]] = {
    "splits": lambda path: dict(read_splits(str(path.parent), path.name, ["good", "other"])),
    "groups": lambda path: dict(read_groups(path)),
    "response": _read_response,
    "checksums": _read_checksums,
    "published": lambda path: [dict(cell) for cell in read_published(path)],
}


def read_table(case: TableCase, folder: Path) -> None:
    """Read a table; splits are read as a part of a data set, which writes one place only."""
    if case.kind == "splits" and not case.is_same:
        return _store(case, folder)
    path = folder / f"{case.kind}.csv"
    path.write_bytes(case.content)
    value = READERS[case.kind](path)
    if case.is_same:
        path.write_bytes(write(TABLES[case.kind]))
        if value != (expected := READERS[case.kind](path)):
            raise WrongError(f"{case.kind}: reads {value} instead of {expected}")
    return None


def _store(case: TableCase, folder: Path) -> None:
    data = write_folder(folder / "folder", {"good": "train", "other": "valid"}, size=(12, 14))
    (data / "scenes.csv").write_bytes(case.content)
    out = folder / "out"
    before = {p for p in folder.rglob("*") if out not in p.parents}
    store_dataset(
        plan=dataset_plan(data), save_scenes=out / "scenes.csv", save_cubes=out / "cubes",
        save_wavelengths=out / "wavelengths.csv",
    )  # fmt: skip
    if outside := {p for p in folder.rglob("*") if out not in p.parents} - before - {out}:
        raise WrongError(f"{outside} is written outside")
