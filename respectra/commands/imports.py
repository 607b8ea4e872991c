"""`respectra data import FOLDER`: a folder of cubes becomes a data set without a manual."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from respectra.config import Config, ConfigError
from respectra.config.strict import check_name
from respectra.files import replace_atomically

EVERY = 5  # every fifth scene is in the split `valid`
WINDOW = 11  # rows and columns of a window of the metric SSIM
CROP = 16


@dataclass(frozen=True)
class Answers:
    """What a person answers in the command line.

    Attributes:
        name: of the data set; None: the name of the folder.
        maximum: the value in the files that means 1.
    """

    name: str | None = None
    maximum: float | None = None


def import_folder(config: Config, folder: str, answers: Answers) -> str:
    """Look at the cubes of a folder and write the YAML of a data set and its table of splits.

    The folder itself is not changed: a missing table is written to `data/splits/{name}.csv`, with
    every fifth scene in the split `valid`.

    Args:
        config: the configuration; the file of the data set must not exist.
        folder: with the cubes, and perhaps with `scenes.csv`.
        answers: to what the files do not say.

    Returns:
        What was written, and the command that uses it.

    Raises:
        ValueError: the folder has no cubes, they are not alike, or a question needs an answer.
    """
    from respectra.commands.dataset_checks import check_dataset
    from respectra.datasets.folder import check_folder
    from respectra.datasets.layout import find_cubes

    root = Path(folder)
    check_folder(root)
    name = answers.name or root.resolve().name.lower().replace("-", "_").replace(" ", "_")
    check_name(name, "data import --name")
    file = config.root / f"config/datasets/{name}.yaml"
    if file.exists():
        raise ConfigError(f"{file}: exists already; choose another name with --name")
    cubes = find_cubes(root)
    if not cubes:
        raise ValueError(f"{root}: has no cube that can be read; docs/data.md lists the formats")
    read, more = _inspect(root, cubes, answers)
    read["splits"] = _write_splits(config.root, root, name, list(cubes))
    settings = {
        "title": f"{root.resolve().name}, {len(cubes)} scenes", "read": read,
        "quantity": "radiance", "splits": ["train", "valid"], "camera": "ntire2022", **more,
    }  # fmt: skip
    with replace_atomically(file) as part:
        part.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), "utf-8")
    try:
        choices = Config(config.root).choices().model_copy(update={"dataset": name})
        warnings = check_dataset(Config(config.root), name, choices)
    except ValueError:
        file.unlink()
        raise
    return "\n".join(
        [
            f"config/datasets/{name}.yaml: written for {len(cubes)} scenes; read it and correct it",
            f"table of splits: {read['splits']}",
            *warnings,
            f"snakemake --cores all --config dataset={name}",
        ]
    )


def _inspect(
    root: Path, cubes: Mapping[str, Path], answers: Answers
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The block `read` and further keys, from the first cube."""
    from respectra.datasets.cube import read_cube
    from respectra.datasets.formats import open_variables
    from respectra.datasets.values import describe_counts

    first = next(iter(cubes.values()))
    read: dict[str, Any] = {"is": "folder:read", "folder": str(root)}
    if first.is_dir():
        raise ValueError(
            f"{first}: holds pictures of bands, which state no wavelengths; copy "
            "config/datasets/folder.yaml and set wavelengths_nm there"
        )
    with open_variables(first) as (variables, bands):
        shape, key = _choose_variable(first, variables)
        scale, count = bands.scale, _count(first, bands)
    if key is not None:
        read["key"] = key
    if shape[2] != count and shape[0] == count:
        read["axes"] = ["bands", "rows", "columns"]
    maximum = answers.maximum or (scale if scale not in (None, 0) else None)
    if maximum is not None:
        read["maximum"] = float(maximum)
    cube, _ = read_cube(
        first, key=key or "cube", axes=read.get("axes"), maximum=read.get("maximum")
    )
    if question := describe_counts(cube):
        raise ValueError(f"{first}: {question}; answer with --maximum VALUE")
    smallest = min(cube.shape[1:])
    return read, {"crop": max(0, min(CROP, (smallest - WINDOW) // 2))}


def _choose_variable(
    path: Path, variables: Mapping[str, Any]
) -> tuple[tuple[int, ...], str | None]:
    """The shape and the key of the only cube of a file."""
    from respectra.datasets.cube import is_cube
    from respectra.datasets.variables import IMAGE

    candidates = [name for name, variable in variables.items() if is_cube(variable)]
    if len(candidates) != 1:
        names = ", ".join(candidates or sorted(variables))
        what = "several cubes" if candidates else "no array with three axes"
        raise ValueError(
            f"{path}: has {what} ({names[:200]}); copy config/datasets/folder.yaml and set read.key"
        )
    key = candidates[0]
    return variables[key].shape, None if key == IMAGE else key


def _count(path: Path, bands: Any) -> int:
    from respectra.datasets.bands import convert_to_nm

    wavelengths = convert_to_nm(path, bands)
    if wavelengths is None:
        raise ValueError(
            f"{path}: states no wavelengths; copy config/datasets/folder.yaml and set "
            "wavelengths_nm there"
        )
    return len(wavelengths)


def _write_splits(project: Path, root: Path, name: str, scenes: list[str]) -> str:
    """The table of splits: that of the folder, or a new one."""
    if (root / "scenes.csv").exists():
        return "scenes.csv"
    table = Path(f"data/splits/{name}.csv")
    with (
        replace_atomically(project / table) as part,
        open(part, "w", newline="", encoding="utf-8") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("scene", "split"))
        for number, scene in enumerate(scenes, start=1):
            is_last = len(scenes) < EVERY and number == len(scenes)
            rows.writerow((scene, "valid" if number % EVERY == 0 or is_last else "train"))
    return str(table)
