"""One process of a training; `respectra.train.launch` starts as many as train together."""

import json
import os
import sys
import threading
import time

import torch.distributed as dist
from torch.distributed.elastic.multiprocessing.errors import record

from respectra import logs
from respectra.train.distributed import join_processes
from respectra.train.loop import train_network


@record
def train_share(text: str) -> None:
    """Train on this process's share of each batch.

    Args:
        text: the job, as `respectra.train.launch` describes it in JSON.

    Raises:
        ValueError: a mistake that a user can correct.
    """
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    job = json.loads(text)
    settings = job["settings"]
    try:
        processes = join_processes(settings["device"])
        if processes.is_first:
            logs.to_file(job["log_file"], append=True)
            sys.excepthook = sys.__excepthook__  # the process that started this one logs errors
        train_network(**settings, processes=processes)
    except (ValueError, OSError) as error:
        raise ValueError(str(error)) from error
    dist.barrier()  # a process that ends early looks like a failure to the others
    dist.destroy_process_group()


def end_with_parent(parent: int, seconds: float = 0.5) -> None:
    """End this process when the one that started it does not exist any more.

    Args:
        parent: its number.
        seconds: between two looks.
    """
    while os.getppid() == parent:
        time.sleep(seconds)
    os._exit(1)


if __name__ == "__main__":
    train_share(sys.argv[1])
