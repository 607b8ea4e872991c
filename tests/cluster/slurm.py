"""A SLURM cluster of two nodes with one CPU each, on the loopback of this machine.

`python -m tests.cluster.slurm` starts it, waits for Ctrl-C and stops it. It needs root, because a
job finds the cluster by `/etc/slurm`, and Debian's packages `slurm-wlm` and `munge`.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CONFIG = Path("/etc/slurm")
MARK = "# written by respectra's tests/cluster/slurm.py, which removes it again"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue")
NODES = ("node1", "node2")  # names that nothing resolves
ADDRESSES = ("127.0.0.1", "127.0.0.2")
MEMORY_MB = 6000  # of a node
PORT = 26817

SLURM_CONF = """{mark}
ClusterName=respectra
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
AuthType=auth/munge
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={folder}/prolog
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=2
MinJobAge=600
InactiveLimit=0
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP DefMemPerCPU=500
"""
PROLOG = """#!/bin/sh
mkdir -p "{folder}/scratch/$SLURM_JOB_ID"
echo "export TMPDIR={folder}/scratch/$SLURM_JOB_ID"
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr={address} Port={port} CPUs={cpus} "
    "RealMemory={memory} Gres=gpu:2 State=UNKNOWN"
)


def find_obstacle() -> str | None:
    """Why the cluster cannot be started here; None if it can."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} are not installed: apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "SLURM's daemons are started by root"
    file = CONFIG / "slurm.conf"
    if file.exists() and MARK not in file.read_text():
        return f"{file} belongs to another cluster"
    return None


class Cluster:
    """A running cluster.

    Args:
        folder: for its state and logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Write the configuration, start the daemons and wait until both nodes are idle."""
        host = os.uname().nodename
        ports = range(PORT + 1, PORT + 1 + len(NODES))
        nodes = [
            NODE.format(name=name, host=host, address=address, port=port, cpus=1, memory=MEMORY_MB)
            for name, address, port in zip(NODES, ADDRESSES, ports, strict=True)
        ]
        CONFIG.mkdir(exist_ok=True)
        text = SLURM_CONF.format(
            mark=MARK, host=host, port=PORT, folder=self.folder, nodes="\n".join(nodes)
        )
        (CONFIG / "slurm.conf").write_text(text)
        # Two GPUs that jobs can reserve; other devices stand for them.
        devices = ("/dev/null", "/dev/zero")
        gres = [f"NodeName={name} Name=gpu File={file}" for name in NODES for file in devices]
        (CONFIG / "gres.conf").write_text("\n".join([MARK, *gres, ""]))
        # What a task's prolog prints after `export` becomes its environment.
        prolog = self.folder / "prolog"
        prolog.write_text(PROLOG.format(folder=self.folder))
        prolog.chmod(0o755)
        for name in ("state", "scratch", *NODES):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._start_munge()
        self._start("slurmctld", "slurmctld", "-D", "-c")
        for name in NODES:
            self.start_node(name)
        self.wait_for(lambda: self.states() == dict.fromkeys(NODES, "idle"), 60)

    def start_node(self, name: str) -> None:
        """Start the daemon of a node."""
        self._start(name, "slurmd", "-D", "-N", name)

    def kill_node(self, name: str) -> None:
        """End a node as a power failure does: its daemon and its jobs."""
        pids = [self._daemons[name].pid]
        for pid in pids:
            with suppress(OSError):
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                pids += map(int, children)
        spool = str(self.folder / name)
        for entry in Path("/proc").glob("[0-9]*"):  # steps left the daemon's tree
            with suppress(OSError):
                environment = (entry / "environ").read_bytes().split(b"\0")
                if (
                    f"SLURMD_NODENAME={name}".encode() in environment
                    or spool.encode() in (entry / "cmdline").read_bytes()
                ):
                    pids.append(int(entry.name))
        for pid in set(pids):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        self._daemons.pop(name).wait()

    def stop(self) -> None:
        """Cancel all jobs, end the daemons and remove the configuration."""
        with suppress(subprocess.SubprocessError, OSError):
            subprocess.run(["scancel", "--user=root"], timeout=20, check=False)
            self.wait_for(lambda: not self.jobs(), 20)
        for daemon in reversed(self._daemons.values()):
            daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(15)
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
        for name in ("slurm.conf", "gres.conf"):
            file = CONFIG / name
            if file.exists() and MARK in file.read_text():
                file.unlink()

    def states(self) -> dict[str, str]:
        """The state of each node."""
        done = run("sinfo", "--noheader", "--Node", "--format=%N %T")
        return dict(line.split() for line in done.splitlines())

    def jobs(self) -> dict[str, str]:
        """The state of each waiting or running job."""
        done = run("squeue", "--noheader", "--format=%i %T")
        return dict(line.split() for line in done.splitlines())

    def wait_for(self, condition: object, seconds: float) -> None:
        """Wait for a condition, or say what the daemons' logs end with."""
        end = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            if time.monotonic() > end:
                logs = [f.read_text()[-1500:] for f in self.folder.glob("*.log")]
                raise TimeoutError("\n".join(["the cluster did not get ready", *logs]))
            time.sleep(0.3)

    def _start_munge(self) -> None:
        """Start munged with a key and a socket of its own place, unless it runs already."""
        if Path("/run/munge/munge.socket.2").exists():
            with suppress(subprocess.SubprocessError):
                subprocess.run(["munge", "-n"], check=True, capture_output=True, timeout=10)
                return
        run_folder = Path("/run/munge")
        run_folder.mkdir(exist_ok=True)
        for folder in (
            run_folder,
            Path("/etc/munge"),
            Path("/var/lib/munge"),
            Path("/var/log/munge"),
        ):
            shutil.chown(folder, "munge", "munge")
        key = Path("/etc/munge/munge.key")
        if not key.exists():
            key.write_bytes(os.urandom(128))
        shutil.chown(key, "munge", "munge")
        key.chmod(0o400)
        self._start(
            "munged", "setpriv", "--reuid=munge", "--regid=munge", "--clear-groups",
            "munged", "--foreground",
        )  # fmt: skip
        self.wait_for(Path("/run/munge/munge.socket.2").exists, 20)

    def _start(self, name: str, *command: str) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self._daemons[name] = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )


def run(*command: str) -> str:
    """The output of one of SLURM's commands; nothing if the controller does not answer."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else ""


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster for the length of a block."""
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


if __name__ == "__main__":
    obstacle = find_obstacle()
    if obstacle is not None:
        raise SystemExit(obstacle)
    with tempfile.TemporaryDirectory(prefix="slurm-") as name, running_cluster(Path(name)) as it:
        print("nodes:", it.states(), "- end with Ctrl-C")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
