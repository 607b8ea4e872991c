"""Whether a file is what its name says, from its first bytes.

Servers send pages of login, errors and empty answers under the name of a file.
"""

from pathlib import Path

HEAD = 1024  # bytes that are looked at
TEXT = (".csv", ".txt", ".md", ".json", ".xml", ".html", ".hdr", ".yaml")  # any text is right
HDF5 = b"\x89HDF\r\n\x1a\n"
STARTS: dict[str, tuple[bytes, ...]] = {
    ".zip": (b"PK",), ".npz": (b"PK",), ".npy": (b"\x93NUMPY",), ".gz": (b"\x1f\x8b",),
    ".tgz": (b"\x1f\x8b",), ".jpg": (b"\xff\xd8",), ".jpeg": (b"\xff\xd8",),
    ".png": (b"\x89PNG\r\n\x1a\n",), ".tif": (b"II", b"MM"), ".tiff": (b"II", b"MM"),
    ".h5": (HDF5,), ".hdf5": (HDF5,),
}  # fmt: skip
PAGES = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<script", b"<error", b"<body")
POINTER = b"version https://git-lfs"


def describe_wrong_kind(path: Path, name: str | None = None) -> str | None:
    """What a file holds if it is not what its name says.

    Args:
        path: the file.
        name: what the file will be called, if it has another name now.

    Returns:
        A phrase such as 'holds a web page'; None if nothing is wrong with the first bytes.
    """
    suffix = Path(name or path.name).suffix.lower()
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if not head:
        return "is empty"
    if suffix in TEXT:
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(POINTER):
        return "holds a pointer of Git LFS in place of the file"
    if start.startswith(PAGES):
        return "holds a web page"
    if start.startswith((b"{", b"[")) and _is_text(head):
        return f"holds an answer in JSON ({_quote(head)})"
    if suffix in STARTS and not head.startswith(STARTS[suffix]):
        what = f"the text {_quote(head)!r}" if _is_text(head) else "other data"
        return f"is no {suffix} file: it holds {what}"
    if suffix == ".mat" and _is_text(head) and not head.startswith(b"MATLAB"):
        return f"is no .mat file: it holds the text {_quote(head)!r}"
    return None


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return len(text) > 0.9 * len(head) and all(c.isprintable() or c in "\t\r\n" for c in text)


def _quote(head: bytes) -> str:
    return " ".join(head[:60].decode("utf-8", errors="replace").split())
