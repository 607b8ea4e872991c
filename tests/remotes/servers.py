"""Storage servers on the loopback, each with a temporary key and folder: OpenSSH, and S3's protocol."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENVIRONMENT = Path(os.environ.get("RESPECTRA_REMOTES", Path(sys.prefix) / "remotes"))
HOST = "127.0.0.1"
SSHD_CONFIG = """\
ListenAddress {host}
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


def find_obstacle(server: str) -> str | None:
    """Why a server cannot be started here; None if it can."""
    if not (ENVIRONMENT / "bin/dvc").exists():
        return "DVC's clients of storage servers are not installed: make test-remotes"
    if server == "ssh" and (find_sshd() is None or shutil.which("ssh-keygen") is None):
        return "sshd is not installed: apt-get install openssh-server"
    return None


def find_sshd() -> str | None:
    """The full path of sshd, which it insists on."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


@contextmanager
def run_ssh(folder: Path) -> Iterator[dict[str, str]]:
    """Run OpenSSH's server for the length of a block.

    Args:
        folder: for its keys, its log and what is stored.

    Yields:
        The settings of a DVC remote.
    """
    for name in ("host_key", "key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    port = choose_port()
    settings = folder / "sshd_config"
    settings.write_text(SSHD_CONFIG.format(host=HOST, port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where the server separates its privileges
    with running(folder, port, str(find_sshd()), "-D", "-e", "-f", str(settings)):
        yield {
            "url": f"ssh://{HOST}:{port}{folder}/stored", "user": whoami(),
            "keyfile": str(folder / "key"),
        }  # fmt: skip


@contextmanager
def run_s3(folder: Path) -> Iterator[dict[str, str]]:
    """Run a server of S3's protocol, which keeps all in memory, for the length of a block.

    Args:
        folder: for its log.

    Yields:
        The settings of a DVC remote.
    """
    port = choose_port()
    address = f"http://{HOST}:{port}"
    key = {"access_key_id": "tester", "secret_access_key": "secret"}
    with running(folder, port, str(ENVIRONMENT / "bin/moto_server"), "-H", HOST, "-p", str(port)):
        code = (
            f"import boto3; boto3.client('s3', region_name='us-east-1', endpoint_url={address!r}, "
            "aws_access_key_id='tester', aws_secret_access_key='secret')"
            ".create_bucket(Bucket='spectra')"
        )
        subprocess.run([ENVIRONMENT / "bin/python", "-c", code], check=True)
        yield {"url": "s3://spectra/stored", "endpointurl": address, "region": "us-east-1", **key}


@contextmanager
def running(folder: Path, port: int, *command: str) -> Iterator[None]:
    """A server for the length of a block, from the moment on at which it answers."""
    file = folder / "server.log"
    with open(file, "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not answers(port):
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} does not answer: {file.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(20)


def answers(port: int) -> bool:
    """Whether a server listens."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def choose_port() -> int:
    """A port that is free."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def whoami() -> str:
    """The name of the current user."""
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
