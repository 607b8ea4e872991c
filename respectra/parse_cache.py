"""A cache for what was read from source files, kept between starts.

Parsing all source files takes more than a second of every start. The name of a stored file is the
digest of all that its content depends on, so that it is never out of date.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

MAXIMUM_FILES = 3000  # about ten versions of the package


def parse_once(path: Path, parse: Callable[[Path], Any], code: Iterable[str]) -> Any:
    """Return what a function reads from a source file, as an earlier start stored it if one did.

    A folder that cannot be written and a stored file that is broken are no errors: the file is
    parsed again.

    Args:
        path: the source file.
        parse: returns values that JSON can store, and sets; tuples and sets come back as lists.
        code: the files of the code that `parse` runs.
    """
    with suppress(OSError, RuntimeError):
        digest, _, text = stored_path(path, code).read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() == digest:
            return json.loads(text)
    text = json.dumps(parse(path), default=sorted).encode()  # sets as sorted lists
    with suppress(OSError, RuntimeError):
        digest = hashlib.sha256(text).hexdigest().encode()
        _store(stored_path(path, code), digest + b"\n" + text)
    return json.loads(text)


def stored_path(path: Path, code: Iterable[str]) -> Path:
    """The path of what is stored for a source file, for the code that reads it and for Python.

    Raises:
        OSError: a file cannot be read.
        RuntimeError: the user has no home folder.
    """
    parts = [
        f"Python {sys.version_info.major}.{sys.version_info.minor}".encode(),
        *(Path(file).read_bytes() for file in code),
        path.read_bytes(),
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache_folder / "respectra" / "sources" / digest.hexdigest()


def _store(path: Path, text: bytes) -> None:
    """Write a file, and remove the oldest files if there are too many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(text)
    part.replace(path)
    files = list(path.parent.iterdir())
    if len(files) > MAXIMUM_FILES:
        for file in sorted(files, key=lambda file: file.stat().st_mtime)[: MAXIMUM_FILES // 2]:
            file.unlink(missing_ok=True)
