"""One way to log: sentences, with the time, into the job's own file."""

import logging
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(message)s"
log = logging.getLogger("respectra")


def to_file(path: str | Path) -> None:
    """Send every further sentence to `path`, line by line; an uncaught error ends up there too."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT, datefmt="%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False

    def record(kind, error, trace):  # type: ignore[no-untyped-def]
        expected = isinstance(error, (ValueError, OSError))
        # What a user can mend is one sentence; everything else needs its trace.
        log.error("%s", error, exc_info=None if expected else (kind, error, trace))
        if expected:
            print(error, file=sys.stderr)
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = record


def duration(seconds: float) -> str:
    """How long, as a person says it.

    Example:
        >>> duration(42), duration(2460), duration(93600)
        ('42 s', '41 min', '26.0 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
