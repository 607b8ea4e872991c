"""The entry points that read what others wrote, each with a strategy of its inputs."""

import contextlib
import copy
import io
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from hypothesis import strategies as st
from snakemake.cli import parse_config

from respectra.__main__ import main
from respectra.build import build
from respectra.camera.observations import Observations
from respectra.camera.observe import photograph_dataset
from respectra.camera.response import load_response
from respectra.config import Config
from respectra.config.files import read_yaml
from respectra.datasets import sources
from respectra.datasets.archives import unpack
from respectra.datasets.fetch import Remote, fetch_file, fetch_files
from respectra.datasets.layout import read_groups
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.files import read_product
from respectra.pictures import read_rgb
from respectra.plans.steps import plan_camera, plan_control, plan_train
from respectra.reconstructions import Reconstructions, write_reconstructions
from respectra.train import checkpoint
from respectra.train.released import load_file_into
from tests.conftest import ROOT, Data, camera_plan, dataset_plan, smooth_cube, write_folder
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

QUICK = {"stalled_seconds": 1.0, "wait_seconds": 0.01, "tries": 2}


@dataclass(frozen=True)
class Target:
    """An entry point: how its inputs are drawn, and what is done with one."""

    strategy: st.SearchStrategy[Any]
    run: Callable[[Any, Path], None]
    names: tuple[str, ...] = ()  # of which a sentence contains one


# --- configuration --------------------------------------------------------------------------------


@cache
def list_yaml_files() -> list[str]:
    return sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "config").rglob("*.yaml"))


@cache
def load_yaml_file(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@st.composite
def edited_yaml(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of config/ with one value replaced, removed or added, or with edited text."""
    name = draw(st.sampled_from(list_yaml_files()))
    if draw(st.integers(0, 3)) == 0:
        return name, draw(inputs.edits((ROOT / name).read_bytes()))
    raw = copy.deepcopy(load_yaml_file(name))
    block: Any = raw
    while True:
        keys = list(block) if isinstance(block, dict) else list(range(len(block)))
        key = draw(st.sampled_from(keys))
        inner = block[key]
        if not (isinstance(inner, dict | list) and inner) or draw(st.integers(0, 2)) == 0:
            break
        block = inner
    kind = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "rename"]))
    if kind == "replace":
        block[key] = draw(inputs.values)
    elif kind == "remove":
        del block[key]
    elif isinstance(block, list):
        block.append(draw(inputs.values))
    elif kind == "add":
        block[draw(st.sampled_from(inputs.TEXTS))] = draw(inputs.values)
    else:
        block[f"{key}s"] = block.pop(key)
    return name, yaml.safe_dump(raw, sort_keys=False, allow_unicode=True).encode()


def copy_config(folder: Path) -> None:
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "data").symlink_to(ROOT / "data")
    (folder / "Snakefile").touch()


def read_configuration(case: tuple[str, bytes], folder: Path) -> None:
    """Read a file with everything in it, and build what it names without numbers."""
    name, content = case
    copy_config(folder)
    (folder / name).write_bytes(content)
    config, path = Config(folder), Path(name)
    kind, stem = path.parent.name, path.stem
    if kind == "config":
        config.choices()
        return
    if kind == "methods":
        for method in (stem, *(f"{stem}-{variant}" for variant in config.variants(stem))):
            settings = config.method(method)
            if config.kind(method) == "network":
                plan = plan_train(config, method, "smoke")
                with torch.device("meta"):
                    build("network", plan["network"], bands=31)
                phase = plan["train"][0]
                build("optimizer", phase["optimizer"], [torch.zeros(1, requires_grad=True)])
                build("schedule", phase["schedule"], 1.0, 0.5)
            elif settings.fit is not None or settings.control is not None:
                plan_control(config, method, "smoke")
    elif kind == "datasets":
        for dataset in config.datasets:
            if dataset.partition("-")[0] == stem:
                settings_of_data = config.dataset(dataset)
                settings_of_data.wavelengths()
                plan_camera(config, dataset, config.choices())
    else:
        {"cameras": config.camera, "budgets": config.budget, "papers": config.paper}[kind](stem)
        if kind == "budgets":
            plan_train(config, "mst_plus_plus", stem)


KEYS = (
    "budget", "dataset", "seeds", "methods", "make", "leaks", "extra_datasets", "download", "device",
    "arithmetic", "graphs", "gpus", "keep_reconstructions", "save_seconds", "loader_workers", "folder",
    "metods", "",
)  # fmt: skip
words = st.one_of(
    st.sampled_from(inputs.TEXTS),
    st.sampled_from(inputs.NUMBERS).map(str),
    st.sampled_from(
        ["[linear", "[linear]", "{ntire2022: [table1]}", "{ntire2022: 3}", "{3: 4}", "[0,1]", "1,2", "[a]", "[[0]]",
         "{a: {b: {c: 1}}}", "linear,hprn", "synthetic", "demo", "[[[[[[[[[[1]]]]]]]]]]", "!!python/name:os.system"]
    ),
)  # fmt: skip
overrides = st.lists(st.tuples(st.sampled_from(KEYS), words), min_size=1, max_size=3)


def choose(case: list[tuple[str, str]], folder: Path) -> None:
    """What a person types behind `--config`; what Snakemake itself refuses is not ours."""
    del folder
    try:
        changes = parse_config([f"{key}={word}" for key, word in case])
    except Exception:
        raise ValueError("Snakemake refuses the words") from None
    Config(ROOT).choices(changes)


COMMANDS = (
    "list", "show", "compare", "cost", "data", "status", "weights", "estimate", "departures", "reference", "dvc",
    "lst", "",
)  # fmt: skip
ARGUMENTS = (
    "status", "list", "leaks", "check", "add", "convert", "hprn", "mst_plus_plus", "ntire2022", "overview", "folder",
    "synthetic", "arad1k", "--budget", "demo", "--method", "--edition", "demo.synthetic", "--schema", "--bands", "31",
    "--directory", "config", "--to", "x.pth", "config/config.yaml", "README.md", "--help", "--nothing", ".", "data",
)  # fmt: skip
command_lines = st.tuples(
    st.sampled_from(COMMANDS),
    st.lists(st.one_of(st.sampled_from(ARGUMENTS), st.sampled_from(inputs.TEXTS)), max_size=4),
).map(lambda parts: [parts[0], *parts[1]])


def run_command(case: list[str], folder: Path) -> None:
    """A command in a copy of the project; its sentence stands on standard error."""
    copy_config(folder)
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            status: Any = main(case)
        except SystemExit as error:
            status = error.code
    text = errors.getvalue().strip()
    if status not in (0, None):
        raise ValueError(text.splitlines()[-1] if text.startswith("usage:") else text)


# --- files of data --------------------------------------------------------------------------------


@st.composite
def cube_files(draw: st.DrawFn) -> tuple[str, str, str, bytes, bool]:
    suffix = draw(st.sampled_from([".npy", ".npz", ".mat", ".h5.mat"]))
    array = draw(st.sampled_from(sorted(inputs.ARRAYS)))
    wavelengths = draw(st.sampled_from(sorted(inputs.WAVELENGTHS)))
    if draw(st.booleans()):
        return suffix, array, wavelengths, inputs.write_cube(suffix, array, wavelengths), False
    content = inputs.write_cube(suffix, "right", "right")
    edited = draw(st.one_of(inputs.edits(content), st.sampled_from(inputs.write_pickles())))
    return suffix, "right", "right", edited, edited != content


def store_cube(case: tuple[str, str, str, bytes, bool], folder: Path) -> None:
    """A folder with one good scene and the drawn one; what is stored is what the file holds."""
    suffix, array, _, content, is_edited = case
    data = folder / "folder"
    write_folder(data, {"good": "train"}, size=(12, 14))
    (data / f"bad{suffix.removeprefix('.h5')}").write_bytes(content)
    (data / "scenes.csv").write_text("scene,split\ngood,train\nbad,valid\n")
    changes = {"wavelengths_nm": inputs.WAVELENGTHS["right"].tolist()} if suffix == ".npy" else {}
    store_dataset(
        plan=dataset_plan(data, **changes), save_scenes=folder / "out/scenes.csv",
        save_cubes=folder / "out/cubes", save_wavelengths=folder / "out/wavelengths.csv",
    )  # fmt: skip
    cube = np.moveaxis(Store(folder / "out/scenes.csv").cube("bad"), 0, -1)
    if not (np.isfinite(cube).all() and (cube > 0).all() and cube.size):
        raise WrongError(f"a stored cube has values from {cube.min()} to {cube.max()}")
    expected = inputs.ARRAYS[array]()
    if not is_edited and not np.allclose(cube, expected.astype(np.float32)):
        raise WrongError(f"the stored cube is not that of the file ({array})")
    if array in ("counts", "large", "percent", "bytes"):
        raise WrongError(f"{array} are accepted as radiance up to {cube.max():g}")


@st.composite
def picture_files(draw: st.DrawFn) -> tuple[str, bytes, bool]:
    if draw(st.integers(0, 20)) == 0:
        return "bomb", inputs.write_bomb(), False
    form = draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
    mode = draw(st.sampled_from(["RGB", "L", "RGBA", "P", "1", "I;16", "CMYK", "LA", "F"]))
    size = draw(st.sampled_from([(12, 14), (1, 1), (12, 14), (0, 0), (1, 500)]))
    if draw(st.booleans()):
        return f"{mode} {form}", inputs.write_picture(mode, form, size), False
    content = inputs.write_picture("RGB", draw(st.sampled_from(["PNG", "JPEG"])), (12, 14))
    edited = draw(inputs.edits(content))
    return "edited", edited, edited == content[: len(edited)] and len(edited) < len(content) // 2


def read_picture(case: tuple[str, bytes, bool], folder: Path) -> None:
    kind, content, is_half = case
    path = folder / "picture.png"
    path.write_bytes(content)
    pixels = read_rgb(path)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or len(pixels) != 3 or not pixels.size:
        raise WrongError(f"{kind}: {pixels.shape} of {pixels.dtype}")
    if is_half or kind not in ("edited", "RGB PNG", "RGB JPEG"):
        raise WrongError(f"{kind}: is accepted as a picture of three channels of 8 bits")


TABLES = {
    "splits": b"scene,split\ngood,train\nother,valid\n",
    "groups": b"scene,group\ngood,a\nother,b\n",
    "response": b"wavelength_nm,R,G1,B\n"
    + b"".join(b"%d,0.1,0.2,0.3\n" % nm for nm in range(390, 720, 10)),
}


@st.composite
def table_files(draw: st.DrawFn) -> tuple[str, bytes]:
    kind = draw(st.sampled_from(sorted(TABLES)))
    content = TABLES[kind]
    if draw(st.booleans()):
        return kind, draw(inputs.edits(content))
    lines = content.decode().splitlines()
    place = draw(st.integers(0, len(lines) - 1))
    cells = lines[place].split(",")
    cells[draw(st.integers(0, len(cells) - 1))] = str(
        draw(st.one_of(st.sampled_from(inputs.TEXTS), st.sampled_from(inputs.NUMBERS)))
    )
    lines[place] = draw(st.sampled_from([",", ";", "\t"])).join(cells)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return kind, "\n".join([*lines, ""]).encode(encoding, "replace")


def read_table(case: tuple[str, bytes], folder: Path) -> None:
    kind, content = case
    if kind == "splits":
        data = write_folder(folder / "folder", {"good": "train", "other": "valid"}, size=(12, 14))
        (data / "scenes.csv").write_bytes(content)
        out = folder / "out"
        before = {p for p in folder.rglob("*") if out not in p.parents}
        store_dataset(
            plan=dataset_plan(data), save_scenes=out / "scenes.csv", save_cubes=out / "cubes",
            save_wavelengths=out / "wavelengths.csv",
        )  # fmt: skip
        if outside := {p for p in folder.rglob("*") if out not in p.parents} - before - {out}:
            raise WrongError(f"{outside} is written outside")
        return
    path = folder / f"{kind}.csv"
    path.write_bytes(content)
    if kind == "groups":
        read_groups(path)
        return
    response = load_response(path, inputs.WAVELENGTHS["right"].tolist(), columns=["R", "G1", "B"])
    if not np.isfinite(response).all() or (response < 0).any() or not response.any():
        raise WrongError(f"a response has values from {response.min()} to {response.max()}")


# --- weights, archives, servers -------------------------------------------------------------------

NETWORK = {"is": "mscnn:MSCNN", "width": 4, "dropout": 0.0}


@cache
def make_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(build("network", NETWORK, bands=31).state_dict())


@st.composite
def weight_files(draw: st.DrawFn) -> tuple[str, str, bytes]:
    suffix = draw(st.sampled_from([".pth", ".safetensors"]))
    variation = draw(st.sampled_from(sorted(inputs.STATES)))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return suffix, variation, inputs.write_weights(make_state(), variation, suffix)
    if kind == 1:
        return suffix, "edited", draw(st.sampled_from(inputs.write_pickles()))
    content = inputs.write_weights(make_state(), "right", suffix)
    return suffix, "edited", draw(inputs.edits(content))


def load_weights(case: tuple[str, str, bytes], folder: Path) -> None:
    suffix, variation, content = case
    path = folder / f"weights{suffix}"
    path.write_bytes(content)
    network = build("network", NETWORK, bands=31)
    with contextlib.chdir(folder):
        load_file_into(network, path)
    if (folder / "ran").exists():
        raise WrongError("the file ran code")
    state = network.state_dict()
    is_finite = all(v.isfinite().all() for v in state.values() if v.is_floating_point())
    if variation != "edited" and not is_finite:
        raise WrongError(f"{variation}: the network has values that are not finite")
    is_plain = variation in ("right", "wrapped") and content != b"no weights"
    if is_plain and any(not torch.equal(v, state[k]) for k, v in make_state().items()):
        raise WrongError(f"{variation}: the network has other weights")
    if variation in ("complex", "two sets", "format") and content != b"no weights":
        raise WrongError(f"{variation}: is accepted")


@st.composite
def archive_files(draw: st.DrawFn) -> tuple[str, bytes]:
    form = draw(st.sampled_from(["zip", "", "gz", "xz", "bz2"]))
    names = draw(st.lists(st.sampled_from(inputs.MEMBERS), min_size=1, max_size=3))
    link = draw(st.sampled_from([None, None, "/etc/hostname", "../../out", "a.mat"]))
    if draw(st.booleans()):
        return form, inputs.write_archive(form, names, link)
    return form, draw(inputs.edits(inputs.write_archive(form, ["a.mat", "sub/b.mat"], None)))


def unpack_archive(case: tuple[str, bytes], folder: Path) -> None:
    form, content = case
    path = folder / ("archive.zip" if form == "zip" else f"archive.tar.{form}".rstrip("."))
    path.write_bytes(content)
    target = folder / "data/target"
    target.mkdir(parents=True)
    try:
        unpacked = unpack(path, target)
    finally:
        allowed = {path, target, target.parent}
        outside = {p for p in folder.rglob("*") if target not in p.parents} - allowed
        if outside:
            raise WrongError(f"{outside} is written outside of the folder")
    for member in unpacked:
        if member.is_symlink() or (member.is_file() and b"content" not in member.read_bytes()):
            raise WrongError(f"{member.name} is not what was packed")


BODY = bytes(range(256)) * 20
server_answers = st.fixed_dictionaries(
    {
        "status": st.sampled_from([200, 200, 200, 204, 206, 300, 301, 302, 304, 403, 404, 416, 500]),
        "headers": st.dictionaries(
            st.sampled_from(["Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Location", "ETag"]),
            st.sampled_from(
                ["text/html", "application/json", "text/plain", "application/octet-stream", "0", "99999999", "-1", "x",
                 "bytes 0-9/10", "bytes 5-/3", "gzip", "br", "/login", "file:" + "//" + "/etc/hostname", "http://127.0.0.1:1/", '"a"']
            ),
            max_size=3,
        ),
        "body": st.sampled_from([BODY, BODY, b"", b"<html>sign in</html>", b'{"error": "no"}', BODY[:100], BODY + b"x"]),
        "part": st.sampled_from([None, None, b"", BODY[:1000], b"y" * 1000, BODY + b"zz"]),
        "record": st.one_of(st.none(), inputs.record_answers),
    }
)  # fmt: skip


def fetch_from_server(case: dict[str, Any], folder: Path) -> None:
    """A file, or the files of a record, from a server that answers what was drawn."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Do not log."""

        def do_GET(self) -> None:
            address = f"http://127.0.0.1:{self.server.server_address[1]}/file"
            if case["record"] is not None and self.path.startswith("/records"):
                body, status, headers = case["record"].replace(b"URL", address.encode()), 200, {}
            else:
                body, status, headers = case["body"], case["status"], case["headers"]
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    ).start()
    base, target = f"http://127.0.0.1:{server.server_address[1]}", folder / "data/target"
    target.mkdir(parents=True)
    try:
        if case["record"] is None:
            if case["part"] is not None:
                (target / "a.mat.part").write_bytes(case["part"])
            path = fetch_file(Remote(f"{base}/file", "a.mat"), target, **QUICK)
            if path.read_bytes() != BODY and case["body"] in (
                BODY,
                b"",
                b"<html>sign in</html>",
                b'{"error": "no"}',
            ):
                raise WrongError(
                    f"{case['status']} {case['headers']}: {path.stat().st_size} bytes are in place"
                )
        else:
            remotes = sources.zenodo(["a.mat"], record=1, api=f"{base}/records")
            fetch_files(remotes, target, **QUICK)
    finally:
        server.shutdown()
        outside = {p for p in folder.rglob("*") if target not in p.parents} - {
            target,
            target.parent,
        }
        if outside:
            raise WrongError(f"{outside} is written outside of the folder")


# --- our own products -----------------------------------------------------------------------------


@cache
def make_products() -> Path:
    """A folder with one of each product; it stays until the process ends."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="products"))
    data = Data(
        folder, write_folder(folder / "folder", {"a": "train", "b": "valid"}, size=(12, 14))
    )
    with write_reconstructions(folder / "valid.h5", inputs.WAVELENGTHS["right"]) as write:
        write("b", smooth_cube(12, 14))
    checkpoint.save(folder / "checkpoint.pt", {"bands": 31, "state_dict": make_state()})
    pd.DataFrame({"scene": ["b"], "region": ["full"], "mrae": [0.5]}).to_csv(
        folder / "scores.csv", index=False
    )
    assert data.scenes.is_file()
    return folder


PRODUCTS: dict[str, Callable[[Path], Any]] = {
    "valid.h5": lambda folder: Reconstructions(folder / "valid.h5").cube("b"),
    "checkpoint.pt": lambda folder: checkpoint.load(folder / "checkpoint.pt"),
    "datasets/scenes.csv": lambda folder: Store(folder / "datasets/scenes.csv").size("b"),
    "datasets/wavelengths.csv": lambda folder: Store(folder / "datasets/scenes.csv").wavelengths_nm,
    "datasets/cubes/b.npy": lambda folder: Store(folder / "datasets/scenes.csv").cube("b"),
    "camera/observations/b.npy": lambda folder: Observations(folder / "camera/observations").rgb("b", "unit"),
    "camera/response.csv": lambda folder: Observations(folder / "camera/observations").response,
    "camera/scenes.csv": lambda folder: Observations(folder / "camera/observations").gain("b"),
    "scores.csv": lambda folder: _read_scores(folder / "scores.csv"),
}  # fmt: skip


def _read_scores(path: Path) -> Any:
    with read_product(path):
        frame = pd.read_csv(path)
        return frame["mrae"].mean(), frame["region"]


@st.composite
def broken_products(draw: st.DrawFn) -> tuple[str, bytes, bool]:
    name = draw(st.sampled_from(sorted(PRODUCTS)))
    content = (make_products() / name).read_bytes()
    if draw(st.booleans()):
        share = draw(st.floats(0, 0.999))
        return name, content[: int(share * len(content))], True
    return name, draw(inputs.edits(content)), False


def read_broken_product(case: tuple[str, bytes, bool], folder: Path) -> None:
    name, content, is_cut = case
    shutil.copytree(make_products(), folder, dirs_exist_ok=True)
    (folder / name).write_bytes(content)
    value = PRODUCTS[name](folder)
    if is_cut:
        right = PRODUCTS[name](make_products())
        if not np.array_equal(np.asarray(value, dtype=object), np.asarray(right, dtype=object)):
            raise WrongError(f"{name}: is cut to {len(content)} bytes and accepted")


def read_any_yaml(case: bytes, folder: Path) -> None:
    path = folder / "any.yaml"
    path.write_bytes(case)
    read_yaml(path, "any.yaml")


TARGETS: dict[str, Target] = {
    "configuration": Target(edited_yaml(), read_configuration, ("config/", "--config")),
    "any YAML": Target(st.one_of(st.binary(max_size=60), st.text("[]{}:,&*!|>-?\"'#% \nab1\t", max_size=60).map(str.encode)), read_any_yaml, ("any.yaml",)),
    "choices": Target(overrides, choose, ("config", "Snakemake")),
    "commands": Target(command_lines, run_command),
    "cubes": Target(cube_files(), store_cube, ("bad", "good", "folder")),
    "pictures": Target(picture_files(), read_picture, ("picture",)),
    "tables": Target(table_files(), read_table, ("scenes.csv", "groups.csv", "response.csv", "folder", "good", "other", "data set")),
    "weights": Target(weight_files(), load_weights, ("weights",)),
    "archives": Target(archive_files(), unpack_archive, ("archive",)),
    "servers": Target(server_answers, fetch_from_server, ("a.mat", "zenodo", "127.0.0.1")),
    "products": Target(broken_products(), read_broken_product, (".h5", ".pt", ".csv", ".npy")),
}  # fmt: skip
assert photograph_dataset
assert camera_plan
assert sys.platform
