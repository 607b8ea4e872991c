"""Tables as people save them: any common encoding and delimiter, spaces and capitals in the header.

Plans are made with this module, so it imports nothing that takes long to load.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

DELIMITERS = ",;\t|"
LONGEST = 16 << 20  # bytes; a table of a million scenes has less
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_table(
    path: Path, columns: Sequence[str], *, may_be_empty: bool = False
) -> list[dict[str, str]]:
    """Read the rows of a table; other columns than the required ones are read too.

    The file may be in UTF-8, UTF-16 or Latin-1, with commas, semicolons, tabs or bars between the
    cells, as spreadsheets save it. Names of columns are compared without spaces and capitals;
    spaces around cells are removed, and empty rows are left out.

    Args:
        path: the file.
        columns: the required columns, in lower case.
        may_be_empty: whether a table with a header only is right.

    Returns:
        For each row the cell of each column, by the column's name in lower case.

    Raises:
        ValueError: the file cannot be read, has no row, lacks a column, or a row has another
            number of cells than the header.
    """
    cells = read_cells(path)
    wanted_text = f"{', '.join(columns[:-1])} and {columns[-1]}" if columns[1:] else columns[0]
    header = [name.lower() for name in cells[0]] if cells else []
    if len(cells) < (1 if may_be_empty else 2) or not set(columns) <= set(header):
        names = f"; its first row is {_show(cells[0], 80)}" if cells else ""
        raise ValueError(f"{path}: must have the columns {wanted_text}, and a row per scene{names}")
    repeated = [name for name in columns if header.count(name) > 1]
    if repeated:
        raise ValueError(f"{path}: has two columns {repeated[0]}; keep one")
    for number, row in enumerate(cells[1:], start=2):
        if len(row) != len(header):
            raise ValueError(
                f"{path}: row {number} ({_show(row, 60)}) has {len(row)} cells, "
                f"the header has {len(header)}; correct the row"
            )
    return [dict(zip(header, row, strict=True)) for row in cells[1:]]


def _show(row: Sequence[str], length: int) -> str:
    """The beginning of a row in one line; a cell in quotes may have several."""
    return " ".join(", ".join(row)[:length].split())


def read_cells(path: Path) -> list[list[str]]:
    """The cells of a table without spaces around them, row by row; empty rows are left out.

    Raises:
        ValueError: the file cannot be read or is no table.
    """
    text = read_text(path)
    lines = text.splitlines()
    if lines and lines[0].strip().lower().startswith("sep="):  # a spreadsheet writes this line
        text = "\n".join(lines[1:])
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ValueError(f"{path}: is no table that can be read: {error}") from None
    stripped = [[cell.strip() for cell in row] for row in rows]
    width = max((len(row) for row in stripped if row), default=0)
    header = next((row for row in stripped if any(row)), [])
    while width > 1 and header and not header[-1]:  # delimiters at the ends of the rows
        width = len(header) - 1
        header = header[:-1]
        stripped = [row[:width] if not any(row[width:]) else row for row in stripped]
    return [row for row in stripped if any(row)]


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16, UTF-32 or Latin-1.

    Raises:
        ValueError: the path is no readable file, or the file is too long or holds no text.
    """
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, not a file")
    if path.is_symlink() and not path.exists():
        raise ValueError(f"{path}: is a link to a file that does not exist")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: is not a regular file")
    try:
        size = path.stat().st_size
        if size > LONGEST:
            raise ValueError(f"{path}: has {size >> 20} MiB, which is too long for a table")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    return decode(content, str(path))


def decode(content: bytes, name: str) -> str:
    """The text that bytes encode.

    Args:
        content: the bytes.
        name: of the file, for the message.

    Raises:
        ValueError: the bytes are no text.
    """
    encodings = [encoding for mark, encoding in BYTE_ORDER_MARKS if content.startswith(mark)][:1]
    if not encodings:
        zeros = content[:200].count(0)
        if 4 * zeros >= len(content[:200]) > 0:  # UTF-16 without a mark has a zero in most pairs
            encodings = ["utf-16-le" if content[1:2] == b"\0" else "utf-16-be"]
        else:
            encodings = ["utf-8", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
        break
    raise ValueError(f"{name}: holds no text; save it as text in UTF-8")
