"""`respectra reconstruct`: the spectra of photographs.

PyTorch is imported when the command runs, so that other commands start fast.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from respectra.commands import Subparsers
from respectra.commands.root import find_root
from respectra.commands.wavelengths import read_wavelengths
from respectra.config import Config, Method
from respectra.file_kinds import require_file
from respectra.files import sha256
from respectra.logs import format_duration

if TYPE_CHECKING:
    from respectra.model import Model

FORMATS = ("npy", "mat", "envi", "envi-bsq", "tiff", "png")
SUFFIXES = {".npy": "npy", ".mat": "mat", ".hdr": "envi", ".tif": "tiff", ".tiff": "tiff"}
DEFAULT_FOLDER = "reconstructed"


@dataclass(frozen=True)
class Target:
    """A photo and where its cube is written.

    Attributes:
        photo: the file.
        stem: folder and name of the products without a suffix.
    """

    photo: Path
    stem: Path


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `reconstruct`."""
    parser = commands.add_parser(
        "reconstruct", help="reconstruct spectra from photos, with weights of the package or a file"
    )
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help="JPEG, PNG, TIFF, WebP, …")
    parser.add_argument(
        "-o", "--output", default=DEFAULT_FOLDER, metavar="DIR",
        help="folder of the cubes, or for one photo a file such as cube.mat "
        f"(default: {DEFAULT_FOLDER})",
    )  # fmt: skip
    parser.add_argument(
        "-f", "--format", metavar="LIST",
        help=f"formats with commas between them: {', '.join(FORMATS)} (default: npy,png)",
    )  # fmt: skip
    parser.add_argument("--method", help="the network (default: mst_plus_plus)")
    parser.add_argument(
        "--weights", metavar="FILE|NAME",
        help="a file of weights, the folder of a run, or a camera that the package has weights "
        "for (default: srgb, ordinary photographs)",
    )  # fmt: skip
    parser.add_argument("--key", help="the set of weights, if a file contains several")
    parser.add_argument(
        "--wavelengths", metavar="FIRST:LAST:STEP",
        help="the bands in nm, if a file of weights does not state them",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument(
        "--memory", type=float, default=1.0, metavar="GB",
        help="memory of one tile (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--overwrite", action="store_true", help="reconstruct also photos that are finished"
    )
    parser.set_defaults(run=_run, anywhere=True)


def _run(config: Config, arguments: argparse.Namespace) -> str:
    from respectra.model import load_model

    del config  # of the current folder; the command also works outside a project
    photos = [Path(photo) for photo in arguments.photos]
    formats, targets = choose_targets(photos, arguments.output, arguments.format)
    if not arguments.memory > 0:
        raise ValueError(f"--memory: {arguments.memory:g} is not above 0")
    model = load_model(
        arguments.method or "mst_plus_plus",
        arguments.weights,
        method=find_method(arguments),
        wavelengths_nm=read_wavelengths(arguments.wavelengths),
        key=arguments.key,
        device=arguments.device,
        memory_bytes=arguments.memory * 2**30,
    )
    return reconstruct_photos(model, targets, formats, overwrite=arguments.overwrite)


def find_method(arguments: argparse.Namespace) -> Method | None:
    """Return the recipe that `--method` names beside `--weights`, if it is needed.

    Args:
        arguments: of the command line.

    Raises:
        ValueError: this is no folder of a project, which has the recipes, or there is no such
            method.
    """
    is_file = arguments.weights is not None and (
        Path(arguments.weights).exists() or Path(arguments.weights).suffix
    )
    if arguments.method is None or not is_file:
        return None
    config = Config(find_root(Path(getattr(arguments, "directory", "."))))
    return config.method(arguments.method)


def choose_targets(
    photos: Sequence[Path], output: str, formats: str | None
) -> tuple[list[str], list[Target]]:
    """Return the formats, and where each photo's cube is written.

    Args:
        photos: the files.
        output: a folder, or for one photo a file whose suffix names the format.
        formats: with commas between them; None for the suffix of `output`, or `npy,png`.

    Raises:
        ValueError: a format is unknown, or two cubes, or a cube and a photo, have one name.
    """
    place = Path(output)
    named = SUFFIXES.get(place.suffix.lower())
    names = [name.strip() for name in (formats or named or "npy,png").split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise ValueError(f"--format: {name} is unknown; known are {', '.join(FORMATS)}")
    if {"envi", "envi-bsq"} <= set(names):
        raise ValueError("--format: envi and envi-bsq have the same header; choose one of them")
    if named and len(photos) > 1:
        raise ValueError(f"--output: {output} is one file for {len(photos)} photos; name a folder")
    if named:
        return names, [Target(photos[0], place.with_suffix(""))]
    for photo in photos:
        if not photo.stem.strip("."):  # the folder itself, or the one above it
            raise ValueError(f"{photo}: has no name before its ending; rename it")
    targets = [Target(photo, place / photo.stem) for photo in dict.fromkeys(photos)]
    stems: dict[Path, Path] = {}
    for target in targets:
        twin = stems.setdefault(target.stem, target.photo)
        if twin != target.photo:
            raise ValueError(
                f"{twin} and {target.photo}: would both be written to {target.stem}; "
                "reconstruct them into different folders"
            )
    return names, targets


def reconstruct_photos(
    model: Model, targets: Sequence[Target], formats: Sequence[str], *, overwrite: bool = False
) -> str:
    """Reconstruct photos one after the other; a photo that fails does not stop the others.

    A photo is finished when its JSON is written, which is the last of its files. A finished photo
    is skipped if the photo, the weights and the version are those of its JSON.

    Args:
        model: the network.
        targets: the photos and their products.
        formats: of the products.
        overwrite: reconstruct also finished photos.

    Returns:
        A line for each photo.

    Raises:
        ValueError: a photo cannot be reconstructed; those after it are.
        KeyboardInterrupt: the run was interrupted; its text says what is finished.
    """
    lines: list[str] = []
    failures: list[str] = []
    try:
        for target in targets:
            try:
                lines.append(_reconstruct_photo(model, target, formats, overwrite))
            except (ValueError, OSError) as error:
                failures.append(str(error))
                if len(targets) > 1:
                    sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted; {len(lines)} of {len(targets)} photos are finished, "
            "and the same command continues with the others"
        ) from None
    if failures and len(targets) == 1:
        raise ValueError(failures[0])
    if failures:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        raise ValueError(f"{len(failures)} of {len(targets)} photos were not reconstructed")
    return "\n".join(lines)


def _reconstruct_photo(
    model: Model, target: Target, formats: Sequence[str], overwrite: bool
) -> str:
    """Reconstruct one photo and return a line about it."""
    from tqdm import tqdm

    from respectra import cube_files
    from respectra.photos import read_photo

    start = time.monotonic()
    files = cube_files.list_files(target.stem, formats)
    for file in files:
        if file.exists() and target.photo.exists() and file.samefile(target.photo):
            raise ValueError(f"{file}: is the photo itself; choose another folder with --output")
    facts = {"photo_sha256": sha256(require_file(target.photo, "photo")), **model.describe()}
    names = " ".join(str(file) for file in files)
    if not overwrite and cube_files.is_finished(target.stem, facts, files):
        return f"{target.photo}: is finished, {names}"
    photo = read_photo(target.photo)
    for note in photo.notes:
        sys.stderr.write(f"{target.photo}: {note}\n")
    rows, columns = photo.pixels.shape[:2]
    shape = cube_files.Shape(rows, columns, model.wavelengths_nm)
    with (
        tqdm(
            total=model.count_tiles((rows, columns)), desc=target.photo.name, unit="tile",
            disable=None, leave=False,
        ) as bar,
        cube_files.write_cube(target.stem, shape, formats) as write,
    ):  # fmt: skip
        for block in model.reconstruct_rows(photo, bar.update):
            write(block)
    facts = {"photo": target.photo.name, **facts, "notes": list(photo.notes)}
    cube_files.write_facts(target.stem, shape, facts, files)
    duration = format_duration(time.monotonic() - start)
    return f"{target.photo}: {rows}×{columns} pixels, {shape.bands} bands, {duration}, {names}"
