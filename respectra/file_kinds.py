"""What a file is, by its first bytes, and whether it is what its name says.

Servers send pages of login, errors and empty answers under the name of a file.
"""

import stat
from pathlib import Path

HEAD_BYTES = 1024
# First bytes that a file with a suffix must have.
HDF5 = b"\x89HDF\r\n\x1a\n"
STARTS: dict[str, tuple[bytes, ...]] = {
    ".zip": (b"PK",), ".npz": (b"PK",), ".npy": (b"\x93NUMPY",), ".gz": (b"\x1f\x8b",),
    ".tgz": (b"\x1f\x8b",), ".jpg": (b"\xff\xd8",), ".jpeg": (b"\xff\xd8",),
    ".png": (b"\x89PNG\r\n\x1a\n",), ".tif": (b"II", b"MM"), ".tiff": (b"II", b"MM"),
    ".h5": (HDF5,), ".hdf5": (HDF5,),
}  # fmt: skip
TEXT = (".csv", ".txt", ".md", ".json", ".xml", ".html", ".hdr", ".yaml")  # any text is right
POINTER = b"version https://git-lfs"
PAGES = (b"<!doctype html", b"<html", b"<head", b"<body")
ANSWERS = (*PAGES, b"<!doctype", b"<?xml", b"<script", b"<error")  # of servers, in place of a file
# First bytes of files that people save under the name of another, and how a message calls them.
SIGNATURES = (
    (POINTER, "a Git LFS pointer; run `git lfs pull` in its repository"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"MATLAB 7.3", "a MATLAB file"),
    (HDF5, "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"<?xml", "an XML document"),
)
PAGE = "a web page; download the file itself, not the page that links to it"


def require_file(path: str | Path, noun: str) -> Path:
    """Return a path if it leads to a regular file.

    A named pipe is refused, because reading it would wait for ever.

    Args:
        path: of a file.
        noun: what the file should be, for the message.

    Raises:
        ValueError: there is no such file, it cannot be read, or the path is a folder or a device.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # ValueError: a path with a null byte
        raise ValueError(f"{path}: there is no such {noun}") from None
    if stat.S_ISDIR(mode):
        raise ValueError(f"{path}: is a folder, not a {noun}")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{path}: is a pipe or a device, not a {noun}")
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:  # such as a broken disk, whose error has no name of a file
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    return path


def name_kind(path: str | Path) -> str | None:
    """Return what a file is, in words; None if its first bytes say nothing.

    A zip archive has no name here, because PyTorch's files are zip archives.

    Args:
        path: of a regular file.
    """
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return "empty"
    for signature, name in SIGNATURES:
        if head.startswith(signature):
            return name
    if head[257:262] == b"ustar" and b"pickle" not in head[:100]:
        return "a tar archive; unpack it first"
    text = _skip_spaces(head)
    if text.lower().startswith(PAGES):
        return PAGE
    if text[:1] in (b"{", b"[") and _is_text(head):
        return "a JSON document"
    return "a text" if _is_text(head) else None


def describe_wrong_kind(path: Path, name: str | None = None) -> str | None:
    """Return what a file holds if it is not what its name says.

    Args:
        path: the file.
        name: what the file will be called, if it has another name now.

    Returns:
        A phrase such as 'holds a web page'; None if nothing is wrong with the first bytes.
    """
    suffix = Path(name or path.name).suffix.lower()
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return "is empty"
    if suffix in TEXT:
        return None
    text = _skip_spaces(head)
    if text.startswith(POINTER):
        return "holds a pointer of Git LFS in place of the file"
    if text.lower().startswith(ANSWERS):
        return "holds a web page"
    if text.startswith((b"{", b"[")) and _is_text(head):
        return f"holds an answer in JSON ({_quote(head)})"
    if suffix in STARTS and not head.startswith(STARTS[suffix]):
        what = f"the text {_quote(head)!r}" if _is_text(head) else "other data"
        return f"is no {suffix} file: it holds {what}"
    if suffix == ".mat" and _is_text(head) and not head.startswith(b"MATLAB"):
        return f"is no .mat file: it holds the text {_quote(head)!r}"
    return None


def _skip_spaces(head: bytes) -> bytes:
    """The head without a byte order mark and leading white space."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")


def _quote(head: bytes) -> str:
    return " ".join(head[:60].decode("utf-8", errors="replace").split())


def _is_text(head: bytes) -> bool:
    """Whether bytes are printable UTF-8; the last character may be cut."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\r\n" for character in text)


def is_safetensors(path: str | Path) -> bool:
    """Return whether a file begins as safetensors do: a length, then a JSON object."""
    with open(path, "rb") as file:
        head = file.read(9)
    length = int.from_bytes(head[:8], "little")
    return len(head) == 9 and head[8:] == b"{" and length <= Path(path).stat().st_size
