"""Files that are either the old one or the new one, never half of one."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes `path`'s place only if the block ends well.

    Works for a file and for a folder. A job killed inside the block leaves the old file as it was;
    what it leaves beside it is swept away by the next job that writes there.

    Raises:
        OSError: naming the file, if the folder cannot be written or the disk is full.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(part)
        yield part
        if part.is_dir() and path.is_dir():
            shutil.rmtree(path)
        part.replace(path)
    except OSError as error:
        _remove(part)
        if error.filename is None or str(error.filename).startswith(str(path.parent)):
            raise type(error)(
                error.errno,
                f"{error.strerror or error}; nothing was changed there",
                str(path),
            ) from error
        raise
    except BaseException:
        _remove(part)
        raise


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return  # a read-only folder: the error that led here says so


def sha256(path: str | Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
