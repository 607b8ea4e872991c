"""Checks of a data set's files before any job runs: hours of training rest on them.

Only headers are read, so that the checks take little time; the step `datasets` checks the values.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from respectra.build import ConfigError
from respectra.config import Choices, Config, Dataset
from respectra.config.strict import plain
from respectra.datasets.layout import check_splits, find_cubes, locate_splits, read_splits
from respectra.lengths import read_patch
from respectra.plan_types import PhaseSettings
from respectra.plans.fetch import find_missing_data
from respectra.plans.steps import folder_of

TOLERANCE_NM = 0.5
WINDOW = 11  # rows and columns of a window of the metric SSIM
_CHECKED: set[str] = set()  # data sets whose files this process has checked


def prepare_dataset(
    config: Config,
    name: str,
    choices: Choices,
    warn: Callable[[str], object] | None,
    only_planned: bool = False,
) -> str | None:
    """Look for the files of a data set and check them, once in a process.

    Args:
        config: the configuration.
        name: of the data set.
        choices: as in `check_dataset`.
        warn: receives what a person should know; None leaves the checks out.
        only_planned: as in `find_missing_data`.

    Returns:
        None if the data set can be read; else one sentence with the missing files.

    Raises:
        ValueError: as in `check_dataset` and `find_missing_data`.
    """
    missing = find_missing_data(config, name, choices, only_planned=only_planned)
    if warn is None:
        return missing
    if missing is not None:
        warn(missing)
    elif name not in _CHECKED:
        for sentence in check_dataset(config, name, choices):
            warn(sentence)
        _CHECKED.add(name)
    return missing


def check_dataset(config: Config, name: str, choices: Choices) -> list[str]:
    """Check the splits, sizes and bands of a data set, before its jobs are planned.

    Args:
        config: the configuration.
        name: of the data set.
        choices: `folder`, and the methods and the budget whose patches must fit.

    Returns:
        A sentence for each split that has no scene.

    Raises:
        ValueError: one sentence with the file, what is wrong and what to do.
    """
    settings = config.dataset(name)
    splits, folder = settings.read.get("splits"), folder_of(config, name, choices)
    if folder is None or splits is None:
        return []
    is_folder = settings.read["is"] == "folder:read"
    if is_folder:
        from respectra.datasets.folder import check_folder

        check_folder(Path(folder), splits)
    cubes = find_cubes(Path(folder), settings.read.get("formats")) if is_folder else {}
    split_of = read_splits(folder, splits, list(cubes))
    table = str(locate_splits(folder, splits))
    pictures = settings.read.get("pictures_only") or {}
    check_splits(split_of, (*settings.splits, *pictures), table)
    if is_folder:
        _check_cubes(config, settings, choices, folder, cubes, split_of)
    used = {split for split in split_of.values() if split != "unused"}
    return [
        f"{table}: no scene is in the split {split} of {name}, so nothing can be made of it"
        for split in settings.splits
        if split not in used and used
    ]


def _check_cubes(
    config: Config,
    settings: Dataset,
    choices: Choices,
    folder: str,
    cubes: Mapping[str, Path],
    split_of: Mapping[str, str],
) -> None:
    """Compare the files of a folder with the table, and their headers with all that uses them."""
    from respectra.camera.response import load_response
    from respectra.datasets.folder import check_table

    pictures = settings.read.get("pictures_only") or {}
    table = locate_splits(folder, settings.read["splits"])
    check_table(Path(folder), table, cubes, split_of, pictures)
    used = [s for s, split in split_of.items() if split != "unused" and split not in pictures]
    if not used and not pictures:
        raise ValueError(f"{table}: every scene is unused; give some scenes another split")
    bands: tuple[str, list[float]] | None = None
    patches = list(_patches(config, settings.name, choices))
    for scene in used:
        size, wavelengths = _read_shape(settings, cubes[scene])
        first_scene, first = bands = bands or (scene, wavelengths)
        _compare_bands(cubes[scene], wavelengths, first_scene, first)
        _check_size(settings, cubes[scene], split_of[scene], size, patches)
    if bands is not None:
        response = config.camera(settings.camera).response
        load_response(
            config.root / response.file,
            bands[1],
            columns=response.columns,
            gains=response.gains,
            unit=response.unit,
        )


def _read_shape(settings: Dataset, cube: Path) -> tuple[tuple[int, int], list[float]]:
    from respectra.datasets.cube import read_shape
    from respectra.datasets.folder import read_pictures_shape

    read: dict[str, Any] = plain(settings.read)
    options = {k: read[k] for k in ("axes", "leave_out_bands") if read.get(k) is not None}
    options["wavelengths_nm"] = settings.wavelengths()
    if cube.is_dir():
        return read_pictures_shape(cube, options.get("leave_out_bands", ()), settings.wavelengths())
    return read_shape(cube, key=read.get("key", "cube"), **options)


def _compare_bands(
    cube: Path, wavelengths: list[float], first_scene: str, first: list[float]
) -> None:
    differ = any(abs(a - b) > TOLERANCE_NM for a, b in zip(wavelengths, first, strict=False))
    if len(wavelengths) != len(first) or differ:
        raise ValueError(
            f"{cube}: has {len(wavelengths)} bands from {wavelengths[0]:g} to "
            f"{wavelengths[-1]:g} nm, {first_scene} has {len(first)} from {first[0]:g} to "
            f"{first[-1]:g} nm; leave bands out with read.leave_out_bands, or give one of them the "
            "split `unused`"
        )


def _check_size(
    settings: Dataset,
    cube: Path,
    split: str,
    size: tuple[int, int],
    patches: list[tuple[str, tuple[int, int]]],
) -> None:
    """Compare the size of a scene with the YAML, the scored crop, and the patches of trainings."""
    rows, columns = size
    file = f"config/datasets/{settings.name}.yaml"
    if settings.size is not None and size != tuple(settings.size):
        raise ValueError(
            f"{cube}: has {rows}×{columns} pixels, {file} states size: "
            f"{settings.size[0]}×{settings.size[1]}; correct one of them"
        )
    if split != "train" and min(size) - 2 * settings.crop < WINDOW:
        largest = (min(size) - WINDOW) // 2
        remedy = f"set crop: {largest} or less" if largest >= 0 else "use larger scenes"
        raise ValueError(
            f"{cube}: has {rows}×{columns} pixels; without crop: {settings.crop} pixels on each "
            f"side less than the {WINDOW}×{WINDOW} of a window of SSIM remain; {remedy} in {file}"
        )
    for method, (patch_rows, patch_columns) in patches if split == "train" else ():
        if rows < patch_rows or columns < patch_columns:
            raise ConfigError(
                f"{cube}: has {rows}×{columns} pixels, but {method} is trained on patches of "
                f"{patch_rows}×{patch_columns}; give the scene the split `unused`, or choose a "
                "smaller patch in the recipe or the budget"
            )


def _patches(
    config: Config, dataset: str, choices: Choices
) -> Iterator[tuple[str, tuple[int, int]]]:
    """The patches of the chosen methods, if they are trained on the data set."""
    if choices.dataset != dataset:
        return
    budget = config.budget(choices.budget)
    chosen = config.methods if choices.methods == "everything" else choices.methods
    for name in dict.fromkeys(
        n for method in chosen for n in (method, *config.member_names(method))
    ):
        if config.kind(name) == "network":
            for phase in config.method(name, small=budget.small).train:
                if not phase.resize:
                    settings = cast(PhaseSettings, plain(budget.apply(phase)))
                    yield name, read_patch(settings)
