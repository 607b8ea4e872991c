"""Our own products, cut short or with a flipped bit: named, or read as they were."""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
import yaml
from hypothesis import strategies as st

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.datasets.verify import find_damage
from respectra.figures.contents import Contents, MethodProducts
from respectra.figures.convergence import draw
from respectra.reconstructions import Reconstructions, write_reconstructions
from respectra.reconstructions import find_damage as find_damaged_cube
from respectra.tables.finished import read_lines
from respectra.tables.join import find_stale_rows
from respectra.tables.numbers import average_scores
from respectra.tables.times import read_training_times
from respectra.train import checkpoint
from respectra.train.progress import Progress
from tests.conftest import Data, smooth_cube, write_folder
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError
from tests.fuzz.weights import make_state
from tests.small_plans import make_train_plan
from tests.tables.builders import make_cell, make_line, write_table

SCORES = "score/set/network/run/valid.csv"
TABLE, MARKDOWN = "tables/study/table.demo.csv", "tables/study/table.demo.md"


@cache
def make_products() -> Path:
    """A folder with one of each product; it stays until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="products"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = Data(
        folder, write_folder(folder / "folder", {"a": "train", "b": "valid"}, size=(12, 14))
    )
    with write_reconstructions(folder / "valid.h5", inputs.WAVELENGTHS["right"]) as write:
        write("b", smooth_cube(12, 14))
    checkpoint.save(folder / "checkpoint.pt", {"bands": 31, "state_dict": make_state()})
    progress = Progress("0", iterations=3, history=[[0, 1, 1e-3, 0.5]], network=make_state())
    progress.save(folder / "progress.pt")
    (folder / "plan.yaml").write_text(yaml.safe_dump(make_train_plan()))
    (folder / "machine.yaml").write_text("device: CPU\nhours: 0.25\n")
    (folder / "history.csv").write_text(
        "phase,iteration,learning_rate,loss\n"
        + "".join(f"0,{number},0.001,{1 / number}\n" for number in range(1, 7))
    )
    (folder / SCORES).parent.mkdir(parents=True)
    scores = {"scene": ["a", "b"], "region": ["full"] * 2, "mrae": [0.5, 0.25]}
    pd.DataFrame(scores).to_csv(folder / SCORES, index=False)
    shutil.copy(folder / "datasets/wavelengths.csv", folder)  # beside the camera of a condition
    lines = [make_line(ours="0.5", theirs="0.4"), make_line(row="AWAN", ours="0.25")]
    write_table(folder / TABLE, lines)
    (folder / "datasets/set").mkdir()
    (folder / "datasets/set/scenes.csv").write_text("scene,split\na,valid\nb,valid\n")
    assert data.scenes.is_file()
    return folder


def _read_scores(path: Path) -> Any:
    numbers = average_scores([make_cell(str(path))])
    return [(key, number.value) for key, number in numbers.items()]


def _read_machine(path: Path) -> Any:
    machines = {"row": {"files": [str(path)], "repeats": 1}}
    return read_training_times({"machines": machines})  # type: ignore[typeddict-item]


def _read_plan(path: Path) -> Any:
    """Whether a row rests on today's plan: a damaged plan must not be taken for it."""
    trained = {str(path): {"plan": make_train_plan(), "rows": ["row"]}}
    return find_stale_rows({"trained": trained})  # type: ignore[typeddict-item]


def _read_history(path: Path) -> Any:
    method = MethodProducts("M", False, reconstructions=(), scores=(), histories=(path,))
    figure = draw(cast(Contents, SimpleNamespace(methods=[method])))  # all that it needs
    return [line.get_xydata().tolist() for line in figure.axes[0].lines]


def _read_progress(path: Path) -> Any:
    progress = Progress.load(path, "0")
    return progress.iterations if progress.iterations == 0 else progress.network


PRODUCTS: dict[str, Callable[[Path], Any]] = {
    "valid.h5": lambda folder: Reconstructions(folder / "valid.h5").cube("b"),
    "checkpoint.pt": lambda folder: checkpoint.load(folder / "checkpoint.pt"),
    "datasets/scenes.csv": lambda folder: Store(folder / "datasets/scenes.csv").size("b"),
    "datasets/wavelengths.csv": lambda folder: Store(folder / "datasets/scenes.csv").wavelengths_nm,
    "datasets/cubes/b.npy": lambda folder: Store(folder / "datasets/scenes.csv").cube("b"),
    "camera/observations/b.npy": lambda folder: Observations(folder / "camera/observations").rgb("b", "unit"),
    "camera/response.csv": lambda folder: Observations(folder / "camera/observations").response,
    "camera/scenes.csv": lambda folder: Observations(folder / "camera/observations").gain("b"),
    SCORES: lambda folder: _read_scores(folder / SCORES),
    TABLE: lambda folder: read_lines(folder / TABLE),
    MARKDOWN: lambda folder: read_lines(folder / TABLE),
    "history.csv": lambda folder: _read_history(folder / "history.csv"),
    "machine.yaml": lambda folder: _read_machine(folder / "machine.yaml"),
    "plan.yaml": lambda folder: _read_plan(folder / "plan.yaml"),
    "progress.pt": lambda folder: _read_progress(folder / "progress.pt"),
}  # fmt: skip
# A broken progress is no error: the training starts anew. A plan that differs makes a row stale, and
# a training that states no hours has no time in the table.
RESTARTS = {"progress.pt": 0, "plan.yaml": {"row"}, "machine.yaml": ([], {})}
VERIFIED = (
    "valid.h5", "checkpoint.pt", "datasets/cubes/b.npy", "camera/observations/b.npy",
    "camera/observations/b.jpg",
)  # fmt: skip
OF_ROWS = tuple(name for name in sorted(PRODUCTS) if name.endswith((".csv", ".md")))


class ProductCase(NamedTuple):
    """A product, and what became of it."""

    name: str
    content: bytes
    kind: str  # cut, flipped or edited


@st.composite
def broken_products(draw: st.DrawFn) -> ProductCase:
    """A product that is cut, perhaps at the end of a row, has a flipped bit, or was edited."""
    kind = draw(st.sampled_from(["cut", "row", "flipped", "edited"]))
    name = draw(st.sampled_from({"flipped": VERIFIED, "row": OF_ROWS}.get(kind, sorted(PRODUCTS))))
    content = (make_products() / name).read_bytes()
    if kind == "row":
        rows = content.splitlines(keepends=True)
        return ProductCase(name, b"".join(rows[: draw(st.integers(0, len(rows) - 1))]), "cut")
    if kind == "cut":
        share = draw(st.floats(0, 0.999))
        return ProductCase(name, content[: int(share * len(content))], kind)
    if kind == "flipped":
        place = int(draw(st.floats(0, 0.9999)) * len(content))
        flipped = bytes([content[place] ^ 1 << draw(st.integers(0, 7))])
        return ProductCase(name, content[:place] + flipped + content[place + 1 :], kind)
    return ProductCase(name, draw(inputs.edits(content)), kind)


def read_broken_product(case: ProductCase, folder: Path) -> None:
    """Read a product; a cut one is never read as another, and a flipped bit is found."""
    name, content, kind = case
    copy_products(folder)
    (folder / name).write_bytes(content)
    if kind == "flipped":
        return _verify(name, folder)
    value = PRODUCTS[name](folder)
    if kind != "cut":
        return None
    is_right = _is_equal(value, PRODUCTS[name](make_products()))
    if not (is_right or is_restart(name, value)):
        raise WrongError(f"{name}: is cut to {len(content)} bytes and accepted")
    return None


def copy_products(folder: Path) -> None:
    """Copy one of each product into a folder."""
    shutil.copytree(make_products(), folder, dirs_exist_ok=True)


def is_restart(name: str, value: Any) -> bool:
    """Whether a broken product is taken for none, so that it is made anew."""
    return name in RESTARTS and _is_equal(value, RESTARTS[name])


def _is_equal(value: Any, right: Any) -> bool:
    if isinstance(value, dict) and isinstance(right, dict):
        return value.keys() == right.keys() and all(_is_equal(value[k], right[k]) for k in value)
    if isinstance(value, float | int | str | set | list) or type(value) is not type(right):
        return bool(type(value) is type(right) and value == right)
    return np.array_equal(np.asarray(value, dtype=object), np.asarray(right, dtype=object))


def _verify(name: str, folder: Path) -> None:
    """What `respectra data verify` says; without a word, the values must be the same."""
    if name == "valid.h5":
        problems = [find_damaged_cube(folder / name)]
    elif name == "checkpoint.pt":
        problems = [checkpoint.find_damage(folder / name)]
    else:
        problems = list(find_damage(folder / "datasets/scenes.csv", folder / "camera/observations"))
    for problem in problems:
        if problem is not None:
            raise ValueError(problem)
    if name in PRODUCTS and not _is_equal(PRODUCTS[name](folder), PRODUCTS[name](make_products())):
        raise WrongError(f"{name}: a flipped bit changes the values and is not found")
