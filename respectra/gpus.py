"""Which GPUs of a machine a job uses, so that jobs at the same time use different ones.

Snakemake counts GPUs and does not number them. Each job therefore locks a file for each GPU that it
takes; the lock ends with the job, even if it is killed.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TextIO

VISIBLE = "CUDA_VISIBLE_DEVICES"
_locks: list[TextIO] = []  # open for as long as this process lives


def take_gpus(count: int, folder: str | Path | None = None) -> list[str]:
    """Show PyTorch so many GPUs that no other job has taken; call it before PyTorch is imported.

    Nothing changes if a cluster, or the user, shows this job no more than `count` GPUs. If fewer
    are free, the job shares GPUs with others.

    Args:
        count: of GPUs; 0 changes nothing.
        folder: of the locks; None: the system's folder of temporary files.

    Returns:
        The names of the GPUs, as in `CUDA_VISIBLE_DEVICES`.
    """
    names = list_gpus()
    if count == 0 or len(names) <= count:
        return names
    taken: list[str] = []
    for name in names:
        if len(taken) < count and _lock(name, Path(folder or tempfile.gettempdir())):
            taken.append(name)
    taken += [name for name in names if name not in taken][: count - len(taken)]
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # the numbers of nvidia-smi
    os.environ[VISIBLE] = ",".join(taken)
    return taken


def list_gpus() -> list[str]:
    """Return the names of the GPUs that this process may use, in the order of their numbers."""
    if VISIBLE in os.environ:
        return [name.strip() for name in os.environ[VISIBLE].split(",") if name.strip()]
    if shutil.which("nvidia-smi") is None:
        return []
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    return done.stdout.split() if done.returncode == 0 else []


def _lock(name: str, folder: Path) -> bool:
    """Lock a GPU for this process; whether it was free."""
    path = folder / f"respectra-{os.getuid()}-gpu-{name.replace('/', '_')}.lock"
    file = open(path, "a", encoding="utf-8")  # noqa: SIM115
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _locks.append(file)
        return True
    file.close()
    return False
