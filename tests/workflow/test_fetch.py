"""The data set of a run is downloaded by a job, from a server on the loopback."""

import io
import os
import signal
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.workflow.conftest import Project

SCENES = {"a": "train", "b": "train", "c": "valid"}
SCORES = "results/score/mine/linear/smoke/valid.csv"
SIDE = 96


class Server(ThreadingHTTPServer):
    """Serves one archive; while `stalls` is set it stops after half of it.

    Attributes:
        archive: the content.
        ranges: the header `Range` of every request, "" for none.
        stalls: whether half of the archive is sent and nothing after it.
    """

    archive: bytes = b""
    stalls = threading.Event()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Do not log."""

    def do_GET(self) -> None:
        requested = self.headers.get("Range", "")
        self.server.ranges.append(requested)
        start = int(requested.removeprefix("bytes=").rstrip("-") or 0)
        body = self.server.archive[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "application/zip")
        if start:
            size = len(self.server.archive)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not self.server.stalls.is_set():
            self.wfile.write(body)
            return
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        while self.server.stalls.is_set():
            time.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    rng = np.random.default_rng(0)
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for scene in SCENES:
                cube = rng.uniform(0.01, 1.0, (SIDE, SIDE, 31)).astype(np.float32)
                with archive.open(f"cubes/{scene}.npy", "w") as member:
                    np.save(member, cube)
        content = file.getvalue()
    http_server = Server()
    http_server.archive = content
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield http_server
    http_server.stalls.clear()
    http_server.shutdown()
    thread.join()
    http_server.server_close()


def write_dataset(project: Project, *sources: dict[str, str]) -> None:
    settings = {
        "title": "Mine",
        "read": {"is": "folder:read", "folder": "data/mine", "splits": "data/splits/mine.csv"},
        "quantity": "radiance",
        "wavelengths_nm": {"first": 400, "last": 700, "step": 10},
        "splits": ["train", "valid"],
        "camera": "ntire2022",
        "crop": 8,
        "get": {
            "licence": "free",
            "cite": "arad2022ntire",
            "register_at": "somewhere.example",
            "files": {"cubes": "{scene}.npy"},
            "sources": list(sources),
        },
    }
    (project.folder / "config/datasets/mine.yaml").write_text(yaml.safe_dump(settings))
    rows = [f"{scene},{split}" for scene, split in SCENES.items()]
    (project.folder / "data/splits/mine.csv").write_text("\n".join(["scene,split", *rows, ""]))


def interrupt(project: Project, part: Path, *command: str) -> None:
    """Start a command and kill it with all its children once a part of a file has arrived."""
    child = subprocess.Popen(
        command, cwd=project.folder, env=project.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(6000):
        if part.exists() and part.stat().st_size > 1000:
            break
        time.sleep(0.01)
    assert part.exists()
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def test_missing_data_are_downloaded_continued_checked_and_scored(
    fresh: Project, server: Server
) -> None:
    url = f"http://127.0.0.1:{server.server_port}/mine.zip"
    write_dataset(fresh, {"is": "dropped", "folder": "data/incoming"}, {"is": "http", "url": url})
    jobs = fresh.plan(SCORES)
    assert jobs["fetch_dataset"] == {"dataset=mine"}
    assert {"store_dataset", "photograph_dataset", "score_split"} <= set(jobs)
    assert server.ranges == []  # planning fetches nothing

    part = fresh.folder / "data/mine/mine.zip.part"
    server.stalls.set()
    interrupt(fresh, part, "snakemake", "--cores", "1", SCORES)
    arrived = part.stat().st_size
    assert 0 < arrived < len(server.archive)
    server.stalls.clear()
    fresh.snakemake("--unlock")
    fresh.snakemake("--cores", "1", SCORES)
    assert server.ranges == ["", f"bytes={arrived}-"]
    assert (fresh.folder / SCORES).is_file()
    checked = (fresh.folder / "results/fetch/mine.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in checked] == ["file", "a.npy", "b.npy", "c.npy"]

    assert fresh.plan(SCORES) == {}  # the data set has the plan of one that was never missing
    assert len(server.ranges) == 2
    for file in (fresh.folder / "data/mine").glob("*.npy"):
        file.unlink()
    assert "fetch_dataset" in fresh.plan(SCORES)


def test_what_no_source_has_ends_a_run_with_one_sentence_before_any_job(fresh: Project) -> None:
    write_dataset(fresh, {"is": "dropped", "folder": "data/incoming"})
    sentence = (
        "mine: a.npy, b.npy, c.npy are missing; ask for access at somewhere.example, put the "
        "files into data/mine, or archives of them into data/incoming, "
        "and run `python -m respectra data get mine`; no source has them"
    )
    assert sentence in fresh.snakemake("-n", SCORES)  # a plan is no run
    done = fresh.run("snakemake", "--cores", "1", SCORES)
    assert done.returncode != 0
    assert done.stdout.count(sentence) == 1
    assert "score_split" not in done.stdout
    (fresh.folder / "data/incoming").mkdir(parents=True)
    np.savez(fresh.folder / "data/incoming/mine.npz")  # a person has put something there
    assert "fetch_dataset" in fresh.plan(SCORES)


def test_the_data_sets_that_have_a_source_can_be_had_without_the_others(fresh: Project) -> None:
    """No source has NTIRE 2018, which a table of the papers needs."""
    chosen = ["dataset=paper", "make={ntire2022: [table4], hprn: [table8]}"]
    for target in ("all", "datasets"):
        done = fresh.run("snakemake", "--cores", "1", target, "--config", *chosen)
        assert done.returncode != 0
        assert "data get ntire2018_clean`; no source has them" in done.stdout
        assert "fetch_dataset" not in done.stdout  # nothing is downloaded first
        assert "train_network" not in done.stdout
    done = fresh.run("snakemake", "-n", "available_datasets", "--config", *chosen)
    assert done.returncode == 0
    assert "fetch_dataset" in done.stdout
    assert "results/fetch/arad1k.csv" in done.stdout
    for name in ("ntire2018_clean", "ntire2018_real"):
        assert f"left out: {name}: BGU_HS_" in done.stdout
        assert f"results/fetch/{name}.csv" not in done.stdout


def test_a_download_that_is_not_allowed_ends_the_planning(fresh: Project) -> None:
    write_dataset(fresh, {"is": "http", "url": "http://127.0.0.1:9/mine.zip"})
    done = fresh.run("snakemake", "-n", SCORES, "--config", "download=false")
    assert done.returncode != 0
    assert "put the files into data/mine" in done.stdout
    assert "or set `download: true` in config/config.yaml" in done.stdout
