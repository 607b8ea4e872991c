"""`respectra data`: the data sets and their files."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from respectra.commands import Subparsers
from respectra.config import Config, ConfigError, Dataset
from respectra.plans.cells import Data, folder_of

ACTIONS = {
    "list": "name every data set with its size and licence",
    "status": "count the files of each data set that are here",
    "get": "fetch the files that are missing",
    "check": "compare the files with their checksums",
    "import": "write the YAML and the table of splits of a folder of cubes",
    "verify": "compare what is stored (cubes, checkpoints, tables, …) with its checksums and rows",
    "leaks": "find scenes of one data set that show the same place",
    "add": "write DVC's pointer to the files of one data set",
}


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `data`."""
    parser = commands.add_parser(
        "data",
        help="list, fetch and check data sets",
        epilog="; ".join(f"{action}: {text}" for action, text in ACTIONS.items()),
    )
    parser.add_argument("action", choices=list(ACTIONS))
    parser.add_argument(
        "name",
        nargs="?",
        help="a name in config/datasets (default: all); import: a folder, from the project's root",
    )
    parser.add_argument("--name", dest="dataset_name", help="import: the name of the new data set")
    parser.add_argument("--maximum", type=float, help="import: the value in the files that means 1")
    parser.set_defaults(run=_run)


def _run(config: Config, arguments: argparse.Namespace) -> str:
    action, name = arguments.action, arguments.name
    if action == "import":
        from respectra.commands.imports import Answers, import_folder

        if name is None:
            raise ConfigError("data import: name the folder with the cubes")
        answers = Answers(arguments.dataset_name, arguments.maximum)
        return import_folder(config, name, answers)
    if action in ("leaks", "add"):
        if name is None:
            raise ConfigError(
                f"data {action}: name one data set; there are {', '.join(config.datasets)}"
            )
        return describe_leaks(config, name) if action == "leaks" else add_pointer(config, name)
    datasets = [config.dataset(n) for n in ([name] if name else config.datasets)]
    if action == "list":
        return describe_datasets(datasets)
    if name is None and action != "verify":
        datasets = [dataset for dataset in datasets if dataset.get]
    functions = {"status": describe_files, "get": fetch_datasets, "check": check_datasets}
    if action == "verify":
        return verify_results(datasets)
    return functions[action](datasets)


def describe_datasets(datasets: Sequence[Dataset]) -> str:
    """Return a line per data set: name, title, size, licence, citation."""
    from respectra.datasets import downloads

    return "\n".join(downloads.list_datasets(datasets))


def describe_files(datasets: Sequence[Dataset]) -> str:
    """Return how many files of each kind every data set has here, and the first missing one.

    Raises:
        FetchError: a data set does not say which files it has.
    """
    from respectra.datasets.inventory import inspect_files

    return "\n".join(f"{dataset.name}\n{inspect_files(dataset)}" for dataset in datasets)


def fetch_datasets(datasets: Sequence[Dataset]) -> str:
    """Fetch the missing files of data sets and return the new status.

    Raises:
        FetchError: files are still missing; the message says where they can be had.
    """
    from tqdm import tqdm

    from respectra.datasets import downloads

    with tqdm(unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar:
        for dataset in datasets:
            downloads.download_dataset(dataset, progress=bar.update)
    return describe_files(datasets)


def check_datasets(datasets: Sequence[Dataset]) -> str:
    """Compare the files that are here with their checksums.

    Raises:
        ValueError: a line for each file whose checksum differs.
    """
    from respectra.datasets import downloads

    faults = [fault for dataset in datasets for fault in downloads.verify_checksums(dataset)]
    if faults:
        raise ValueError("\n".join(faults))
    names = ", ".join(dataset.name for dataset in datasets)
    return f"{names}: all files that are here have the right checksum"


def verify_results(datasets: Sequence[Dataset]) -> str:
    """Compare what is stored of data sets with its checksums: cubes, pictures, checkpoints,
    reconstructions; and histories, scores and all tables with the files that state their rows.

    Raises:
        ValueError: a line for each file that is missing, lacks rows or has another content.
    """
    from respectra import reconstructions, score_files
    from respectra.datasets import verify
    from respectra.tables import finished
    from respectra.train import checkpoint

    problems: list[str | None] = []
    verified = []
    for dataset in datasets:
        data = Data(dataset.name)
        if not Path(data.scenes).is_file():
            continue
        verified.append(dataset.name)
        problems += verify.find_damage(data.scenes, data.observations)
        checks: dict[tuple[str, str], Callable[[Path], str | None]] = {
            ("train", "checkpoint.pt"): checkpoint.find_damage,
            ("train", "history.csv"): partial(find_problem, score_files.read_history),
            ("reconstruct", "*.h5"): reconstructions.find_damage,
            ("score", "*.csv"): partial(find_problem, score_files.read_scores),
        }
        for (step, pattern), check in checks.items():
            folder = Path(folder_of(step), dataset.name)
            problems += map(check, sorted(folder.glob(f"*/*/{pattern}")))
    finished_tables = sorted(Path(folder_of("tables")).glob("*/*.csv"))
    problems += (find_problem(finished.read_lines, path) for path in finished_tables)
    if lines := [problem for problem in problems if problem is not None]:
        raise ValueError("\n".join(lines))
    if not verified:
        return "no data set is stored yet"
    return f"{', '.join(verified)}: all stored files have their checksums, all tables their rows"


def find_problem(read: Callable[[Path], object], path: Path) -> str | None:
    """Return the sentence with which a reader refuses a file; None if it reads it."""
    try:
        read(path)
    except ValueError as error:
        return str(error)
    return None


def add_pointer(config: Config, name: str) -> str:
    """Add the files of a data set to DVC and return what to do next.

    Raises:
        FetchError: the files are not here, or DVC refuses.
    """
    from respectra.datasets import downloads

    pointer = downloads.write_pointer(config.dataset(name))
    return f"{pointer}: commit this file; `dvc push` uploads the data that it points to"


def describe_leaks(config: Config, name: str) -> str:
    """Return the scenes of a data set that show the same place.

    Returns:
        The counts, then a line per pair: its scenes with their splits, the features that agree,
        whether the pair lies in two splits, whether the data set's groups miss it.

    Raises:
        ValueError: the data set has no pictures here.
    """
    from respectra.datasets.layout import read_groups
    from respectra.datasets.leakage import find_pairs

    dataset = config.dataset(name)
    folder, pictures, splits = _find_pictures(dataset)
    if not pictures:
        raise ValueError(f"{folder}: there are no pictures of {name} to compare")
    groups = read_groups(dataset.groups) if dataset.groups else {}
    pairs = find_pairs(pictures, threads=os.cpu_count() or 1)
    lines = [f"{len(pictures)} pictures, {len(pairs)} pairs that show the same place"]
    for scene, other, matches in pairs:
        names = [f"{s} ({splits[s]})" if s in splits else s for s in (scene, other)]
        line = f"{' and '.join(names)}: {matches} features agree"
        if splits and splits[scene] != splits[other]:
            line += ", across splits"
        if groups and groups.get(scene, scene) != groups.get(other, other):
            line += f", not in {dataset.groups}"
        lines.append(line)
    return "\n".join(lines)


def _find_pictures(dataset: Dataset) -> tuple[Path, dict[str, Path], dict[str, str]]:
    """The folder of the pictures, the file of each scene and, if it is known, its split."""
    from respectra.datasets.layout import read_splits

    if dataset.observations == "simulated":
        folder = Path(Data(dataset.name).observations)
        paths = [path for path in sorted(folder.glob("*")) if path.suffix in (".jpg", ".png")]
        return folder, {path.stem: path for path in paths}, {}
    if dataset.read.get("folder") is None or "splits" not in dataset.read:
        raise ConfigError(
            f"data leaks: {dataset.name} has no folder and table of splits in "
            f"config/datasets/{dataset.name}.yaml; set read.folder in a data set of your own"
        )
    folder = Path(dataset.read["folder"])
    splits = read_splits(str(folder), dataset.read["splits"])
    provided = dataset.observations.provided
    paths_by_scene = {scene: folder / provided.format(scene=scene) for scene in splits}
    return folder, {s: path for s, path in paths_by_scene.items() if path.is_file()}, splits
