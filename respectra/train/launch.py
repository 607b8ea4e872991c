"""Starts a training, on one process or by `torchrun` on several GPUs and nodes.

`torchrun` is PyTorch's; its library is called here, so that an error of any process becomes one
sentence. Several nodes are those of a SLURM job: `srun` starts this module on each of them.
"""

import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException, Std
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.elastic.rendezvous import RendezvousError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from respectra.logs import log
from respectra.train.loop import train_network

PACKAGE_FOLDER = Path(__file__).parents[2]
FIRST_PORT, PORTS = 20000, 10000  # of the meeting place of several nodes
MEETING_SECONDS = 300  # in which all nodes of a job must have met
ANSWER_SECONDS = 60  # of `scontrol`
EXPECTED = "ValueError: "  # how `respectra.train.worker` reports an error that a user can correct


def start_training(
    *, machine: Mapping[str, Any], threads: int, log_file: str | Path, **arguments: Any
) -> None:
    """Train one network with the arguments of `train_network`.

    Args:
        machine: settings of config.yaml: `device`, `arithmetic`, `graphs`, `compile`,
            `loader_workers`, `save_seconds`, and the processes: `gpus_per_training` on each of
            `nodes_per_training` nodes. On a CPU they share its threads.
        threads: of the CPU, on each node.
        log_file: the first process appends to it.
        arguments: the other arguments of `train_network`.

    Raises:
        ValueError: a setting is wrong, there are fewer GPUs or nodes, or a process has ended.
    """
    gpus, nodes = machine["gpus_per_training"], machine["nodes_per_training"]
    settings = {
        "device": machine["device"], "arithmetic": machine["arithmetic"],
        "graphs": machine["graphs"], "compiled": machine["compile"],
        "workers": machine["loader_workers"], "save_seconds": float(machine["save_seconds"]),
        "threads": max(1, threads // gpus),
        **arguments,
    }  # fmt: skip
    if gpus * nodes == 1:
        train_network(**settings)
        return
    where = f" on {nodes} nodes" if nodes > 1 else ""
    log.info("%d processes%s train together", gpus * nodes, where)
    job = {"gpus": gpus, "nodes": nodes, "log_file": log_file, "settings": settings}
    text = json.dumps(job, default=str)
    if nodes == 1:
        start_node(text)
    else:
        _start_nodes(text, nodes)


def start_node(text: str) -> None:
    """Start the processes of this node and wait for their end.

    Args:
        text: the job, as `start_training` describes it in JSON.

    Raises:
        ValueError: there are too few GPUs, or a process has ended; the others are ended too.
    """
    job = json.loads(text)
    gpus, nodes = job["gpus"], job["nodes"]
    if job["settings"]["device"] != "cpu" and torch.cuda.device_count() < gpus:
        raise ValueError(
            f"gpus_per_training: {gpus}: PyTorch sees {torch.cuda.device_count()} GPUs on "
            f"{os.uname().nodename}; with device=cpu, so many processes share the CPU"
        )
    os.environ["PYTHONPATH"] = _prepend(PACKAGE_FOLDER, os.environ.get("PYTHONPATH"))
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="respectra-") as folder:
        settings = LaunchConfig(
            min_nodes=nodes, max_nodes=nodes, nproc_per_node=gpus, max_restarts=0,
            logs_specs=DefaultLogsSpecs(log_dir=folder, redirects=Std.ALL), **_meet(nodes),
        )  # fmt: skip
        try:
            elastic_launch(settings, sys.executable)("-m", "respectra.train.worker", text)
        except ChildFailedError as error:
            _raise_first(error.failures, gpus * nodes)
        except RendezvousError as error:
            raise ValueError(
                f"nodes_per_training: {nodes}: {_name_node()} did not meet the others at "
                f"{settings.rdzv_endpoint} within {MEETING_SECONDS} s; check that this node can "
                "reach this address and port, and that every node of the job has started"
            ) from error
        except SignalException as error:
            raise ValueError(
                f"this training was ended by {error.sigval.name}; the same command continues it"
            ) from error


def _prepend(folder: Path, folders: str | None) -> str:
    return os.pathsep.join([str(folder), *([folders] if folders else [])])


def _meet(nodes: int) -> dict[str, Any]:
    """Where the nodes of a job meet: on its first node, at a port that its number gives."""
    if nodes == 1:
        # Processes of one machine talk through its loopback, whatever its name resolves to.
        if sys.platform == "linux":
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        return {
            "rdzv_backend": "c10d", "rdzv_endpoint": "localhost:0", "local_addr": "localhost",
            "run_id": f"respectra-{os.getpid()}",
        }  # fmt: skip
    job = os.environ["SLURM_JOB_ID"]
    names = _list_nodes()
    host, here = _find_address(names[0]), _find_address(_name_node())
    if sys.platform == "linux" and here.startswith("127."):  # two nodes that one machine plays
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    # Names are not used: that of a node need not resolve on another, nor on the node itself.
    return {
        "rdzv_backend": "c10d", "rdzv_endpoint": f"{host}:{FIRST_PORT + int(job) % PORTS}",
        "run_id": f"respectra-{job}", "local_addr": here,
        "rdzv_configs": {
            "is_host": _name_node() == names[0], "join_timeout": MEETING_SECONDS,
            "read_timeout": MEETING_SECONDS,
        },
    }  # fmt: skip


def _name_node() -> str:
    """The name that SLURM gives this node."""
    return os.environ["SLURMD_NODENAME"]


def _list_nodes() -> list[str]:
    """The names of the nodes of this SLURM job, in the order of their ranks."""
    return _run_scontrol("hostnames", os.environ["SLURM_JOB_NODELIST"]).split()


def _find_address(node: str) -> str:
    """The IP address by which SLURM reaches a node.

    Raises:
        ValueError: SLURM does not answer, or its address of the node is a name without IP address.
    """
    match = re.search(r"\bNodeAddr=(\S+)", _run_scontrol("node", node))
    address = node if match is None else match[1]
    try:
        return str(socket.getaddrinfo(address, None, socket.AF_INET)[0][4][0])
    except OSError as error:
        raise ValueError(
            f"nodes_per_training: the address {address} of node {node} has no IP address on "
            f"{_name_node()}; set NodeAddr of this node in slurm.conf, or its name in /etc/hosts"
        ) from error


def _run_scontrol(*arguments: str) -> str:
    """The output of `scontrol show`.

    Raises:
        ValueError: it does not answer.
    """
    command = ["scontrol", "show", *arguments]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=True, timeout=ANSWER_SECONDS
        )
    except (subprocess.SubprocessError, OSError) as error:
        reason = getattr(error, "stderr", None) or error
        raise ValueError(
            f"nodes_per_training: {' '.join(command)} did not answer: {str(reason).strip()}"
        ) from error
    return done.stdout


def _start_nodes(text: str, nodes: int) -> None:
    """Run `start_node` on each node of this SLURM job.

    Raises:
        ValueError: there is no such job, or a node has failed.
    """
    if "SLURM_JOB_ID" not in os.environ or shutil.which("srun") is None:
        raise ValueError(
            f"nodes_per_training: {nodes}: several nodes need a SLURM job; "
            "start with snakemake --workflow-profile profiles/slurm"
        )
    environment = {
        **os.environ, "PYTHONPATH": _prepend(PACKAGE_FOLDER, os.environ.get("PYTHONPATH"))
    }  # fmt: skip
    command = [
        "srun", "--overlap", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1",
        "--kill-on-bad-exit=1", sys.executable, "-m", "respectra.train.launch", text,
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True)  # noqa: S603
    if done.returncode:
        _raise_of_nodes(done.stderr, done.returncode)


def _raise_of_nodes(errors: str, status: int) -> NoReturn:
    """Report why the nodes ended: the sentence of one of them, or all that they wrote.

    A node whose process was ended comes first: the others then report a lost connection.
    """
    lines = errors.splitlines()
    sentences = [line.removeprefix(EXPECTED) for line in lines if line.startswith(EXPECTED)]
    if sentences:
        raise ValueError(
            next((line for line in sentences if " was ended by " in line), sentences[0])
        )
    lost = [line for line in lines if "CANCELLED" in line or "Node failure" in line]
    if lost:
        raise ValueError(f"{lost[0].removeprefix('srun: ')}; the same command continues it")
    raise RuntimeError(f"srun ended with status {status}\n{errors.strip()}")


def _raise_first(failures: Mapping[int, ProcessFailure], count: int) -> NoReturn:
    """Report the failure that caused the others, in one sentence if a user can correct it."""
    rank, failure = min(failures.items(), key=lambda item: (_rank_cause(item[1]), item[0]))
    number = -failure.exitcode
    if number > 0:
        raise ValueError(
            f"process {rank + 1} of {count} of this training was ended by "
            f"{signal.Signals(number).name}, so all were ended; the same command continues it"
        )
    message: Any = failure.error_file_data["message"]
    sentence = message if isinstance(message, str) else message["message"]
    if sentence.startswith(EXPECTED):
        raise ValueError(sentence.removeprefix(EXPECTED))
    details = "" if isinstance(message, str) else message["extraInfo"]["py_callstack"]
    raise RuntimeError(f"process {rank + 1} of {count} failed: {sentence}\n{details}")


def _rank_cause(failure: ProcessFailure) -> int:
    """Order failures: a killed process, an expected error, any other, and those that followed."""
    if failure.exitcode < 0:
        return 3 if failure.exitcode == -signal.SIGTERM else 0
    message: Any = failure.error_file_data["message"]
    sentence = message if isinstance(message, str) else message["message"]
    if sentence.startswith(EXPECTED):
        return 1
    lost = "onnection" in sentence or "NCCL" in sentence  # to a process that ended before
    return 2 if not lost else 3


if __name__ == "__main__":
    try:
        start_node(sys.argv[1])
    except ValueError as error:
        sys.exit(f"{EXPECTED}{error}")
