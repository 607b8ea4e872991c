"""Cut power and full disks: no finished product is lost, and each step says what is wrong."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from respectra.camera.observe import photograph_dataset
from respectra.datasets.scenes import store_dataset
from respectra.figures.figure import make_figure
from respectra.reconstruct import reconstruct_split
from respectra.score import score_split
from respectra.submission import pack_submission
from respectra.tables import make_table
from respectra.train.loop import train_network
from tests.conftest import ROOT, Data, camera_plan, dataset_plan, write_folder
from tests.fuzz.outcomes import observe
from tests.small_plans import WHOLE, make_inputs, make_phase, make_train_plan
from tests.tables.builders import make_plan

PLAN = make_train_plan(make_phase(iterations=2))
PRODUCTS = ("plan.yaml", "history.csv", "checkpoint.pt")
TRAIN = """
import sys, yaml
from pathlib import Path
from respectra.train.loop import train_network
plan, scenes, observations, out = sys.argv[1:]
names = {"save_plan": "plan.yaml", "save_history": "history.csv", "save_checkpoint": "checkpoint.pt"}
train_network(plan=yaml.safe_load(plan), scenes=scenes, observations=observations, seed=0, device="cpu",
    **{key: Path(out, name) for key, name in names.items()})
"""


def run(*command: str | Path) -> bool:
    return not subprocess.run(command, capture_output=True).returncode


class Device:
    """A file system of its own, in a file that can be copied at any moment."""

    def __init__(self, folder: Path) -> None:
        self.image, self.place, self.copies = folder / "disk", folder / "mounted", 0
        self.folder = folder
        with open(self.image, "wb") as file:
            file.truncate(64 << 20)
        formatted = run("mkfs.ext4", "-q", "-F", self.image) if shutil.which("mkfs.ext4") else False
        if os.geteuid() or not formatted or not self.mount(self.image, self.place):
            pytest.skip("mounting a file system needs root, mkfs.ext4 and loop devices")

    @staticmethod
    def mount(image: Path, place: Path) -> bool:
        place.mkdir()
        return run("mount", "-o", "loop", image, place)

    def cut_power(self) -> Path:
        """The mounted folder as it is after a power cut now."""
        self.copies += 1
        image, place = (self.folder / f"{name}{self.copies}" for name in ("copy", "after"))
        shutil.copyfile(self.image, image)
        assert self.mount(image, place)
        return place

    def close(self) -> None:
        for number in range(1, self.copies + 1):
            run("umount", self.folder / f"after{number}")
        run("umount", self.place)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    folder = tmp_path / "device"
    folder.mkdir()
    device_of_test = Device(folder)
    yield device_of_test
    device_of_test.close()


def test_a_device_forgets_what_was_not_synced(device: Device) -> None:
    """The test of the test: without a sync the file is lost or empty."""
    (device.place / "file").write_bytes(b"x" * 10_000)
    after = device.cut_power() / "file"
    assert not after.exists() or after.read_bytes() == b""


def test_a_power_cut_after_a_training_loses_nothing(data: Data, device: Device) -> None:
    out = device.place / "results/train/run"
    subprocess.run(
        [sys.executable, "-c", TRAIN, yaml.safe_dump(PLAN), data.scenes, data.observations, out],
        cwd=ROOT, check=True,
    )  # fmt: skip
    after = device.cut_power() / "results/train/run"
    for name in PRODUCTS:
        assert (after / name).read_bytes() == (out / name).read_bytes()
        assert (after / name).stat().st_size


def test_a_power_cut_after_storing_a_data_set_loses_nothing(tmp_path: Path, device: Device) -> None:
    folder = write_folder(tmp_path / "folder", {"a": "train", "b": "valid"})
    Data(device.place / "results", folder)
    after = device.cut_power() / "results"
    files = [path for path in (device.place / "results").rglob("*") if path.is_file()]
    assert len(files) >= 9
    for path in files:
        assert (
            after / path.relative_to(device.place / "results")
        ).read_bytes() == path.read_bytes()


# --- full disks -----------------------------------------------------------------------------------


def limit(step: Callable[[Path], None]) -> Callable[[Path], None]:
    """A limit on the size of files stands for a full disk, because any user may set it."""

    def run_limited(folder: Path) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        step(folder)

    return run_limited


@pytest.fixture(scope="module")
def trained(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train(data, folder)
    reconstruct(data, folder, folder)
    figure = {
        "is": "camera_response:draw", "scenes": str(data.scenes), "cubes": str(data.cubes),
        "observations": str(data.observations), "response": str(data.response), "split": "valid",
        "camera": {"chain": [{"is": "jpeg:lossless"}], "seed": 0}, "shown": 1, "methods": [], "conditions": [],
        "edition": {"budget": "", "small": False, "stand_in": None}, "classes": None, "settings": {},
    }  # fmt: skip
    (folder / "figure.json").write_text(json.dumps(figure))
    (folder / "table.json").write_text(json.dumps(make_plan(folder)))
    return folder


def train(data: Data, out: Path) -> None:
    train_network(
        plan=PLAN, scenes=data.scenes, observations=data.observations, seed=0, device="cpu",
        save_plan=out / "plan.yaml", save_history=out / "history.csv", save_checkpoint=out / "checkpoint.pt",
    )  # fmt: skip


def reconstruct(data: Data, trained: Path, out: Path) -> None:
    reconstruct_split(
        plan={"network": PLAN["network"], "inputs": make_inputs(), "reconstruct": WHOLE, "code": ""},
        checkpoint_file=trained / "checkpoint.pt", scenes=data.scenes, observations=data.observations,
        split="valid", save=out / "valid.h5", device="cpu",
    )  # fmt: skip


def store(data: Data, trained: Path, out: Path) -> None:
    store_dataset(
        plan=dataset_plan(data.scenes.parents[1] / "folder"), save_scenes=out / "scenes.csv",
        save_cubes=out / "cubes", save_wavelengths=out / "wavelengths.csv",
    )  # fmt: skip


def photograph(data: Data, trained: Path, out: Path) -> None:
    photograph_dataset(
        plan=camera_plan(), scenes=data.scenes, save_observations=out / "observations",
        save_response=out / "response.csv", save_scenes=out / "scenes.csv",
    )  # fmt: skip


def score(data: Data, trained: Path, out: Path) -> None:
    score_split(
        plan={"margin": 4, "colours": False, "code": ""}, reconstructions=trained / "valid.h5",
        scenes=data.scenes, response=data.response, split="valid", save=out / "valid.csv",
    )  # fmt: skip


def pack(data: Data, trained: Path, out: Path) -> None:
    pack_submission(
        plan={"margin": 4, "code": ""}, reconstructions=trained / "valid.h5", scenes=data.scenes,
        split="valid", save=out / "valid.zip",
    )  # fmt: skip


def draw(data: Data, trained: Path, out: Path) -> None:
    plan = json.loads((trained / "figure.json").read_text())
    make_figure(plan=plan, save_png=out / "figure.png", save_pdf=out / "figure.pdf")


def tabulate(data: Data, trained: Path, out: Path) -> None:
    make_table(
        plan=json.loads((trained / "table.json").read_text()), save_csv=out / "table.csv",
        save_markdown=out / "table.md", save_tex=out / "table.tex",
    )  # fmt: skip


STEPS = {
    "store": store, "photograph": photograph, "train": lambda data, trained, out: train(data, out),
    "reconstruct": reconstruct, "score": score, "pack": pack,
    "figure": draw, "table": tabulate,
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_full_disk_is_one_sentence_in_each_step(name: str, data: Data, trained: Path) -> None:
    leftovers: list[str] = []

    def run_step(folder: Path) -> None:
        try:
            STEPS[name](data, trained, folder / "out")
        finally:
            leftovers.extend(path.name for path in folder.rglob("*") if path.is_file())
            assert leftovers == []

    outcome = observe(limit(run_step), names=("/out/",), timeout=120)
    assert outcome.kind == "told", outcome.detail
    assert "File too large; nothing was changed there" in outcome.detail
