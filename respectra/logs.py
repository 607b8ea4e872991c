"""The log of a job: sentences with the time, in a file of its own."""

import logging
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(message)s"
log = logging.getLogger("respectra")


def to_file(path: str | Path, *, append: bool = False) -> None:
    """Write the log to a file, an uncaught error included.

    Args:
        path: of the file.
        append: whether the lines of an existing file remain.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if not append:
        Path(path).write_text("", encoding="utf-8")
    # Several processes of a training append to one file.
    handler = logging.FileHandler(path, mode="a", encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT, datefmt="%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False

    def record(kind, error, trace):  # type: ignore[no-untyped-def]
        if isinstance(error, KeyboardInterrupt):
            error = ValueError("stopped by Ctrl-C; the same command continues")
        expected = isinstance(error, (ValueError, OSError))
        # An error that a user can correct is one sentence; any other needs its traceback.
        log.error("%s", error, exc_info=None if expected else (kind, error, trace))
        if expected:
            print(error, file=sys.stderr)
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = record


def warn(sentence: str) -> None:
    """Write a sentence to the log and to standard error, where a user sees it at once."""
    log.info("%s", sentence)
    print(sentence, file=sys.stderr, flush=True)


def format_duration(seconds: float) -> str:
    """Return a time in seconds, minutes or hours.

    Example:
        >>> format_duration(42), format_duration(2460), format_duration(93600)
        ('42 s', '41 min', '26.0 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
