"""`respectra view`: a page for a browser that shows cubes or finished runs.

NumPy and Bokeh are imported when the command runs, so that other commands start fast.
"""

import argparse
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from respectra.commands import Subparsers
from respectra.commands.root import find_root, relate_path
from respectra.commands.wavelengths import read_wavelengths
from respectra.config import Config, ConfigError
from respectra.datasets.layout import SUFFIXES
from respectra.plans.cells import Cell, folder_of
from respectra.plans.views import plan_runs

SIDE = 1024  # pixels of a side that a page shows of a cube
SCENES = 3  # of a run that are shown by default


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `view`."""
    parser = commands.add_parser(
        "view", help="write a page for a browser that shows cubes or finished runs"
    )
    parser.add_argument(
        "items",
        nargs="+",
        metavar="CUBE|RUN",
        help=f"files of cubes ({', '.join(SUFFIXES)}), or runs: DATASET/METHOD/RUN or files in "
        f"{folder_of('reconstruct')}",
    )
    parser.add_argument(
        "-o", "--output", default="view.html", metavar="FILE", help="default: view.html"
    )
    parser.add_argument("--truth", metavar="CUBE", help="cubes: the true cube")
    parser.add_argument("--picture", metavar="FILE", help="cubes: the photo")
    parser.add_argument("--key", default="cube", help="cubes: name of the variable (default: cube)")
    parser.add_argument(
        "--wavelengths",
        metavar="FIRST:LAST:STEP",
        help="cubes: the bands in nm, such as 400:700:10, for files that do not state them",
    )
    parser.add_argument(
        "--side",
        type=int,
        default=SIDE,
        metavar="PIXELS",
        help="cubes: longer sides are reduced, by averaging squares of pixels, to this length at "
        f"most (default: {SIDE})",
    )
    parser.add_argument(
        "--scenes",
        default=str(SCENES),
        metavar="N|NAMES",
        help=f"runs: the first so many scenes, or names with commas (default: {SCENES})",
    )
    parser.add_argument(
        "--precision",
        choices=["8bit", "half"],
        default="8bit",
        help="the coding of values (default: 8bit)",
    )
    parser.set_defaults(run=_run, anywhere=True)


def _run(config: Config, arguments: argparse.Namespace) -> str:
    are_cubes = [is_cube(item) for item in arguments.items]
    if any(are_cubes) and not all(are_cubes):
        item = arguments.items[are_cubes.index(False)]
        raise ConfigError(f"{item}: is no file of a cube; a page shows cubes or runs, not both")
    if all(are_cubes):
        return view_cubes(
            arguments.items, arguments.output, truth=arguments.truth, picture=arguments.picture,
            key=arguments.key, wavelengths=arguments.wavelengths, side=arguments.side,
            precision=arguments.precision,
        )  # fmt: skip
    del config  # of the current folder; runs are those of the project
    root = find_root(Path(arguments.directory))
    items = [relate_path(item, root) if Path(item).exists() else item for item in arguments.items]
    save = relate_path(arguments.output, root)
    with chdir(root):
        return view_runs(Config(), items, save, arguments.scenes, arguments.precision)


def is_cube(item: str) -> bool:
    """Whether an argument is the file of a cube; files of runs are not.

    Example:
        >>> is_cube("photo.npy"), is_cube("cave/linear/demo")
        (True, False)
    """
    path = Path(item)
    inside = path.as_posix().startswith(f"{folder_of('reconstruct')}/")
    return path.suffix.lower() in SUFFIXES and not inside


def view_cubes(
    items: Sequence[str],
    save: str,
    *,
    truth: str | None = None,
    picture: str | None = None,
    key: str = "cube",
    wavelengths: str | None = None,
    side: int = SIDE,
    precision: str = "8bit",
) -> str:
    """Write the page of some cubes and return a line about it.

    Args:
        items: files of cubes.
        save: the HTML file.
        truth: the file of the true cube.
        picture: the photo that the cubes were reconstructed from.
        key: name of the variable, for files with names.
        wavelengths: `FIRST:LAST:STEP` in nanometres, for files that do not state them.
        side: longer sides are reduced to this length at most.
        precision: `8bit` or `half`.

    Raises:
        ValueError: a file cannot be read, or does not fit the others.
    """
    if side < 1:
        raise ConfigError(f"--side: {side} is not above 0")
    from respectra.page.cubes import read_contents
    from respectra.page.document import write_page

    contents = read_contents(
        items,
        truth=truth,
        picture=picture,
        key=key,
        wavelengths_nm=read_wavelengths(wavelengths),
        side=side,
    )
    return f"{save}: {write_page(contents, save, precision)}"


def view_runs(
    config: Config, items: Sequence[str], save: str, scenes: str, precision: str = "8bit"
) -> str:
    """Write the page of some finished runs and return lines about it.

    Args:
        config: the tree of YAML files.
        items: runs, as DATASET/METHOD/RUN or as files of results.
        save: the HTML file.
        scenes: the number of scenes, or their names with commas.
        precision: `8bit` or `half`.

    Raises:
        ValueError: a run is unknown, unfinished, or its reconstructions were removed.
    """
    from respectra.page.runs import make_page

    cells = [Cell.from_text(item) for item in items]
    shown = int(scenes) if scenes.isdecimal() else scenes.split(",")
    plan = plan_runs(config, cells, shown, precision)
    for cell in cells:
        _check_exists(cell.reconstructions, cell.scores)
    notes = []
    for method in plan["methods"]:
        files = [*method["others"], *filter(None, [method["deviations"]])]
        missing = [path for path in files if not Path(path).is_file()]
        if missing:
            method["others"], method["deviations"], method["spread"] = [], None, None
            notes.append(
                f"{method['title']}: no spread is shown, because {missing[0]} is missing; "
                f"`snakemake --cores all -- {missing[0]}` makes it"
            )
    if plan["metamers"] is not None and not Path(plan["metamers"]).is_file():
        notes.append(
            f"no metamers are shown, because {plan['metamers']} is missing; "
            f"`snakemake --cores all -- {plan['metamers']}` makes it"
        )
        plan["metamers"] = None
    return "\n".join([f"{save}: {make_page(plan=plan, save=save)}", *notes])


def _check_exists(reconstructions: str, scores: str) -> None:
    """Say how a missing file of reconstructions can be had."""
    if Path(reconstructions).is_file():
        return
    command = f"snakemake --cores all --config keep_reconstructions=true -- {reconstructions}"
    if Path(scores).is_file():
        raise ConfigError(
            f"{reconstructions}: was removed after scoring, because keep_reconstructions is false; "
            f"`{command}` makes it again"
        )
    raise ConfigError(f"{reconstructions}: does not exist; `{command}` makes it")
