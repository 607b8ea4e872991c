"""What a file is, by its first bytes: a name for a file that is not what its suffix says."""

import stat
from pathlib import Path

HEAD_BYTES = 1024
# First bytes of files that people save under the name of another, and how a message calls them.
SIGNATURES = (
    (b"version https://git-lfs", "a Git LFS pointer; run `git lfs pull` in its repository"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"MATLAB 7.3", "a MATLAB file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture of an unusual kind"),
    (b"MM\x00*", "a TIFF picture of an unusual kind"),
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
        ValueError: there is no such file, or the path is a folder or a device.
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
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:14].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return PAGE
    if text[:1] in (b"{", b"[") and _is_text(head):
        return "a JSON document"
    return "a text" if _is_text(head) else None


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
