"""Pipes, sockets, devices, folders and links in the places of files: told, and never waited for."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from hypothesis import strategies as st

from respectra.build import build
from respectra.camera.observe import photograph_dataset
from respectra.datasets.archives import unpack
from respectra.datasets.scenes import store_dataset
from respectra.photos import read_photo
from respectra.pictures import read_rgb
from respectra.train.released import load_file_into
from respectra.weights import load_trained
from tests.conftest import camera_plan, dataset_plan, write_folder
from tests.fuzz import products, settings, tables, weights
from tests.fuzz.outcomes import WrongError


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)  # a socket's path has 108 characters at most
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _make_deep_link(path: Path) -> None:
    path.symlink_to(path.name)


def _make_folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)
    (path / "inside/file").write_text("text")


def _make_sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 29)


PLACES: dict[str, Callable[[Path], None]] = {
    "pipe": _make_pipe,
    "socket": _make_socket,
    "zeros": _link("/dev/zero"),
    "random": _link("/dev/urandom"),
    "null": _link("/dev/null"),
    "full": _link("/dev/full"),
    "terminal": _link("/dev/ptmx"),
    "dangling link": _link("nothing/there"),
    "link to itself": _make_deep_link,
    "link to a folder": _link("/usr"),
    "link to a file without a size": _link("/proc/self/cmdline"),
    "link to a file that cannot be read": _link("/proc/self/mem"),
    "folder": _make_folder,
    "empty file": Path.touch,
    "large file of zeros": _make_sparse,
}
Run = Callable[[Path, str], None]
LEFT_OUT = (products.SCORES, "plan.yaml")  # without a file, the table says `not run`
HARMLESS = {"null", "empty file"}  # an empty table of checksums or YAML file may be right


def _store(data: Path, out: Path) -> None:
    store_dataset(
        plan=dataset_plan(data), save_scenes=out / "scenes.csv", save_cubes=out / "cubes",
        save_wavelengths=out / "wavelengths.csv",
    )  # fmt: skip


def _read_dataset(name: str) -> Run:
    """A data set with a place among its files, read as the step `datasets` reads it."""

    def read(folder: Path, place: str) -> None:
        data = write_folder(folder / "data", {"good": "train", "other": "valid"}, size=(12, 14))
        path = data / name
        if path.is_file():
            path.unlink()
        else:
            (data / "scenes.csv").write_text("scene,split\ngood,train\nother,valid\nodd,valid\n")
        if name == "odd.hdr":
            (data / "odd.raw").write_bytes(b"0" * 10)
        PLACES[place](path)
        _store(data, folder / "out")

    return read


def _read_provided(folder: Path, place: str) -> None:
    """A provided picture."""
    data = write_folder(folder / "data", {"good": "train"}, size=(12, 14))
    _store(data, folder / "out")
    PLACES[place](data / "good.jpg")
    photograph_dataset(
        plan={**camera_plan(), "provided": "{scene}.jpg"}, scenes=folder / "out/scenes.csv",
        save_observations=folder / "camera/observations", save_response=folder / "camera/response.csv",
        save_scenes=folder / "camera/scenes.csv", folder=data,
    )  # fmt: skip


def _read_file(name: str, read: Callable[[Path], object]) -> Run:
    def run(folder: Path, place: str) -> None:
        path = folder / name
        PLACES[place](path)
        read(path)

    return run


def _read_yaml(name: str) -> Run:
    def run(folder: Path, place: str) -> None:
        settings.copy_config(folder)
        (folder / name).unlink()
        PLACES[place](folder / name)
        settings.read_file(settings.Config(folder), Path(name))

    return run


def _read_product(name: str) -> Run:
    def run(folder: Path, place: str) -> None:
        products.copy_products(folder)
        (folder / name).unlink()
        PLACES[place](folder / name)
        value = products.PRODUCTS[name](folder)
        if not (products.is_restart(name, value) or (name in LEFT_OUT and not value)):
            raise WrongError(f"{name}: a {place} is read")

    return run


def _load_weights(path: Path) -> None:
    load_file_into(build("network", weights.NETWORK, bands=31), path)


ENTRIES: dict[str, Run] = {
    "photo.jpg": _read_file("photo.jpg", read_photo),
    "photo.dng": _read_file("photo.dng", read_photo),
    "photo.heic": _read_file("photo.heic", read_photo),
    "picture.png": _read_file("picture.png", read_rgb),
    "provided good.jpg": _read_provided,
    "weights.pth": _read_file("weights.pth", _load_weights),
    "weights.safetensors": _read_file("weights.safetensors", _load_weights),
    "checkpoint weights.pt": _read_file("weights.pt", load_trained),
    "archive.zip": _read_file("archive.zip", lambda path: unpack(path, path.parent / "out")),
    "archive.tar.gz": _read_file("archive.tar.gz", lambda path: unpack(path, path.parent / "out")),
    **{f"odd{ending}": _read_dataset(f"odd{ending}")
       for ending in (".npy", ".npz", ".mat", ".h5", ".tif", ".hdr")},
    "scenes.csv": _read_dataset("scenes.csv"),
    "good.npz": _read_dataset("good.npz"),
    **{f"{kind}.csv": _read_file(f"{kind}.csv", read) for kind, read in tables.READERS.items() if kind != "splits"},
    **{name: _read_yaml(name) for name in (
        "config/config.yaml", "config/variants.yaml", "config/methods/hprn.yaml", "config/datasets/synthetic.yaml",
        "config/cameras/ntire2022.yaml", "config/budgets/demo.yaml", "config/papers/hprn.yaml",
    )},
    **{f"product {name}": _read_product(name) for name in products.PRODUCTS},
}  # fmt: skip


# A sentence names one of these.
FILES = tuple(sorted({Path(entry.split(" ")[-1]).name for entry in ENTRIES} | {"odd"}))


class PlaceCase(NamedTuple):
    """What is in the place of which file."""

    place: str
    entry: str


def make_case(place: str, entry: str) -> PlaceCase:
    """A case; what it needs is made in this process, not in each of its children."""
    products.make_products()
    return PlaceCase(place, entry)


place_cases = st.builds(
    make_case, st.sampled_from(sorted(PLACES)), st.sampled_from(sorted(ENTRIES))
)


def read_place(case: PlaceCase, folder: Path) -> None:
    """Read something that is no regular file."""
    torch.set_num_threads(1)
    ENTRIES[case.entry](folder, case.place)
    if case.place in HARMLESS or case.entry.startswith("product "):
        return
    raise WrongError(f"{case.entry}: a {case.place} is read")
