from pathlib import Path

import pytest

from respectra.datasets.table import read_table

COLUMNS = ("scene", "split")
PLAIN = [{"scene": "a", "split": "train"}, {"scene": "bé", "split": "valid"}]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_spreadsheets_are_read(encoding: str, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "scenes.csv"
    rows = [("Scene ", " SPLIT"), ("a", "train "), (" bé", "valid"), ("", "")]
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    assert read_table(path, COLUMNS) == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nscene;split\na;train\nbé;valid\n",
        "scene,split,,\na,train,,\nbé,valid,,\n,,,\n",
        "\nscene,split\n\na,train\n   \nbé,valid",
        '"scene","split"\n"a","train"\n"bé","valid"\n',
        "scene\tsplit\ra\ttrain\rbé\tvalid\r",
    ],
)
def test_lines_that_spreadsheets_add_are_left_out(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scenes.csv"
    path.write_bytes(text.encode())
    assert read_table(path, COLUMNS) == PLAIN


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must have the columns scene and split, and a row per scene"),
        (b"scene,split\n", "must have the columns"),
        (b"name,split\na,train\n", "must have the columns .*; its first row is name, split"),
        (b"scene,split,scene\na,train,b\n", "has two columns scene; keep one"),
        (b"scene,split\na\n", r"row 2 \(a\) has 1 cells, the header has 2"),
        (b"scene,split\na,train,more\n", "row 2 .* has 3 cells, the header has 2"),
        (b"scene,split\n" + b"a" * 200_000 + b",train\n", "is no table that can be read: field"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200), "holds no text; save it as text in UTF-8"),
        (b"scene,split\na\0,train\n", "holds no text"),
        (b"\xff\xfes\0c", "must have the columns|holds no text"),
    ],
)
def test_other_files_are_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "scenes.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"scenes\.csv: {message}"):
        read_table(path, COLUMNS)


def test_paths_that_are_no_readable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "long.csv").write_bytes(b"")
    with open(tmp_path / "long.csv", "r+b") as file:
        file.truncate(1 << 30)
    for name, message in (
        ("folder", "is a folder, not a file"),
        ("link", "is a link to a file that does not exist"),
        ("long", "has 1024 MiB, which is too long for a table"),
    ):
        with pytest.raises(ValueError, match=rf"{name}\.csv: {message}"):
            read_table(tmp_path / f"{name}.csv", COLUMNS)
