"""What a malformed input leads to, watched from outside in a process of its own."""

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLASSES = ("told", "accepted", "unclear", "traceback", "hang", "crash", "silently wrong")
BAD = CLASSES[2:]
LONGEST = 1500  # characters of a sentence
TIMEOUT = 20.0  # seconds of the processor
PATIENCE = 6  # times as long may an input wait
POLL = 0.5  # seconds
MOST_BYTES = 1 << 30  # of one file
MOST_MEMORY = 6 << 30  # beyond what the process has already


class WrongError(Exception):
    """An input was accepted, and the result is not what it says."""


@dataclass(frozen=True)
class Outcome:
    """The class of an input, and the sentence or traceback."""

    kind: str
    detail: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether a user would lose time or trust."""
        return self.kind in BAD


def observe(
    run: Callable[[Path], None],
    *,
    names: tuple[str, ...] = (),
    timeout: float = TIMEOUT,
    setup: Callable[[Path], None] | None = None,
) -> Outcome:
    """Run a function in a forked process and return what became of it.

    Args:
        run: receives an empty folder; raises what the entry point raises, or `WrongError`.
        names: a sentence must contain one of these, such as the name of the file.
        timeout: seconds of the processor until it hangs.
        setup: fills the folder before, in this process.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz") as place:
        folder = Path(place) / "in"
        folder.mkdir()
        if setup is not None:
            setup(folder)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            _run_child(run, folder, names, writing)
        os.close(writing)
        try:
            return _wait(child, reading, timeout)
        finally:
            os.close(reading)


def _wait(child: int, reading: int, timeout: float) -> Outcome:
    """Wait for the report of a child.

    It hangs if it computes for longer than the timeout, or if it waits for several times as long:
    on a busy machine, a process that is not at fault waits too.
    """
    text, end = b"", time.monotonic() + PATIENCE * timeout
    while True:
        ready, _, _ = select.select([reading], [], [], min(timeout, POLL))
        block = os.read(reading, 1 << 16) if ready else b""
        text += block
        if ready and not block:
            break
        if not ready and (time.monotonic() > end or _read_cpu_seconds(child) > timeout):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Outcome("hang", f"no end after {timeout:g} s")
    _, status = os.waitpid(child, 0)
    if not text:
        how = f"signal {status & 127}" if status & 127 else f"exit status {status >> 8}"
        return Outcome("crash", f"the process ended with {how}")
    return Outcome(**json.loads(text))


def _read_cpu_seconds(process: int) -> float:
    """The time that a process has computed, without that of its own children."""
    place = Path(f"/proc/{process}/stat")
    if not place.exists():  # not on Linux
        return 0.0
    fields = place.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run_child(
    run: Callable[[Path], None], folder: Path, names: tuple[str, ...], writing: int
) -> None:
    """The forked process: it reports one outcome and ends without any clean-up."""
    outcome = Outcome("traceback", "the report failed")
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, used + MOST_MEMORY))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        outcome = classify(run, folder, names)
    except BaseException as error:
        outcome = Outcome("traceback", f"outside of the run: {error!r}")
    finally:
        os.write(writing, json.dumps({"kind": outcome.kind, "detail": outcome.detail}).encode())
        os._exit(0)


def classify(run: Callable[[Path], None], folder: Path, names: tuple[str, ...] = ()) -> Outcome:
    """Run a function in this process and name the class of its end."""
    try:
        run(folder)
    except WrongError as error:
        return Outcome("silently wrong", str(error))
    except (ValueError, OSError) as error:
        return judge(str(error), names, type(error).__name__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        frame = _last_own_frame(error)
        return Outcome("traceback", f"{type(error).__name__}: {str(error)[:300]} [{frame}]")
    return Outcome("accepted")


def judge(text: str, names: tuple[str, ...] = (), kind: str = "ValueError") -> Outcome:
    """Return `told` for one clear sentence, else `unclear` with the reason."""
    reasons = [
        reason
        for reason, is_so in (
            ("is empty", not text.strip()),
            ("has several lines", "\n" in text.strip()),
            ("is long", len(text) > LONGEST),
            ("shows an object", " object at 0x" in text or "<class '" in text),
            ("names no file", bool(names) and not any(name in text for name in names)),
            (
                "is of Python",
                kind in ("UnicodeDecodeError", "JSONDecodeError", "UnicodeEncodeError"),
            ),
        )
        if is_so
    ]
    if reasons:
        return Outcome("unclear", f"{', '.join(reasons)}: {text[:400]!r}")
    return Outcome("told", text)


def _last_own_frame(error: BaseException) -> str:
    trace, place = error.__traceback__, "?"
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if f"{os.sep}respectra{os.sep}" in name and "site-packages" not in name:
            place = f"{Path(name).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


assert sys.platform  # resource limits and fork exist on POSIX only
