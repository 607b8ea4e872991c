"""The step `datasets`: every cube is read, checked and stored once, and a manifest lists them."""

import csv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from respectra.build import build
from respectra.datasets.layout import check_scene_name
from respectra.datasets.values import check_size_and_range, describe_faults
from respectra.files import replace_atomically, sha256
from respectra.logs import log
from respectra.plan_types import DatasetPlan

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """One photographed place and how to read its cube.

    Attributes:
        name: name of the scene.
        split: the split that the scene belongs to.
        read: returns the cube (bands, rows, columns) and its wavelengths in nanometres; None if
            the cube was not published.
        size: rows and columns of the picture of a scene without a cube.
        norm_factor: returns the divisor that normalised the cube, or None if its file states none.
    """

    name: str
    split: str
    read: Callable[[], tuple[Array, list[float]]] | None
    size: tuple[int, int] | None = None
    norm_factor: Callable[[], float | None] = lambda: None


@dataclass
class ManifestRow:
    """A row of the manifest `scenes.csv`; a scene without a cube has empty fields.

    Attributes:
        scene: name of the scene.
        split: the split that the scene belongs to.
        path: path of the stored cube, relative to the folder of the manifest.
        sha256: checksum of the stored cube.
        rows: rows of the cube or of the picture.
        columns: columns of the cube or of the picture.
        bands: bands of the cube.
        minimum: the least value of the stored cube.
        maximum: the greatest value of the stored cube.
        floored: number of values that `zeros: {floor: …}` raised.
        norm_factor: the divisor that normalised the cube, if its file states it.
        same_as: an earlier scene with an identical cube.
    """

    scene: str
    split: str
    path: str = ""
    sha256: str = ""
    rows: int | None = None
    columns: int | None = None
    bands: int | None = None
    minimum: str = ""
    maximum: str = ""
    floored: int | None = None
    norm_factor: str = ""
    same_as: str = ""


class _StoredScene(NamedTuple):
    row: ManifestRow
    wavelengths_nm: list[float] | None  # None without a cube


def store_dataset(
    *,
    plan: DatasetPlan,
    save_scenes: str | Path,
    save_cubes: str | Path,
    save_wavelengths: str | Path,
    folder: str | Path | None = None,
    threads: int = 1,
) -> None:
    """Read every scene of a data set, check its cube, and store it as a memory map.

    Args:
        plan: how cubes are read, checked and stored.
        save_scenes: path of the manifest, a CSV with the columns of `ManifestRow`.
        save_cubes: folder of the stored cubes, `{scene}.npy`, (rows, columns, bands).
        save_wavelengths: path of the CSV of the bands' centres.
        folder: where the files of the data set are, if it is read and not made.
        threads: number of scenes that are read at the same time.

    Raises:
        ValueError: a cube has invalid values, an unexpected size, range or bands, or is identical
            to a cube of another split; or no cube remains.
    """
    settings = plan["read"] if folder is None else {**plan["read"], "folder": str(folder)}
    scenes: Sequence[Scene] = build("dataset", settings, wavelengths_nm=plan["wavelengths_nm"])
    for scene in scenes:
        check_scene_name(scene.name, settings["is"])
    with replace_atomically(save_cubes) as cubes:
        cubes.mkdir()

        def store(scene: Scene) -> _StoredScene | None:
            return _store_scene(scene, plan, cubes, Path(save_cubes).name)

        with ThreadPoolExecutor(threads) as pool:
            stored = [result for result in pool.map(store, scenes) if result is not None]
        wavelengths = _common_wavelengths(stored, plan["wavelengths_nm"])
        rows = [result.row for result in stored]
        _mark_duplicates(rows)
    with replace_atomically(save_wavelengths) as path:
        path.write_text("\n".join(["wavelength_nm", *(f"{w:g}" for w in wavelengths), ""]))
    with (
        replace_atomically(save_scenes) as path,
        open(path, "w", newline="", encoding="utf-8") as file,
    ):
        columns = [field.name for field in fields(ManifestRow)]
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)


def _store_scene(
    scene: Scene, plan: DatasetPlan, folder: Path, folder_name: str
) -> _StoredScene | None:
    """Check and store one scene.

    Args:
        scene: the scene.
        plan: how cubes are checked and stored.
        folder: the folder to write to.
        folder_name: the name that the folder has in the manifest.

    Returns:
        None if the scene is left out.
    """
    if scene.read is None:
        rows, columns = scene.size or (None, None)
        log.info("%s: no cube, split %s", scene.name, scene.split)
        return _StoredScene(ManifestRow(scene.name, scene.split, rows=rows, columns=columns), None)
    values, wavelengths = scene.read()
    check_size_and_range(scene.name, values, plan)
    with np.errstate(over="ignore"):  # an overflow becomes infinite, which is refused below
        cube: Array = values.astype(plan["stored"])
    problem = describe_faults(cube, wavelengths)
    floor = None if isinstance(plan["zeros"], str) else plan["zeros"]["floor"]
    if problem and (floor is None or not np.isfinite(cube).all()):
        if plan["zeros"] == "leave_out":
            log.info("%s: left out: the cube %s", scene.name, problem)
            return None
        raise ValueError(
            f"{scene.name}: the cube {problem}; correct the file, or set zeros: leave_out "
            "or zeros: {floor: 1.0e-4} in the YAML of the data set"
        )
    floored = 0
    if floor is not None:
        floored = int(np.count_nonzero(cube < floor))
        cube = np.maximum(cube, cube.dtype.type(floor))
    path = folder / f"{scene.name}.npy"
    np.save(path, np.ascontiguousarray(np.moveaxis(cube, 0, -1)))
    bands, rows, columns = cube.shape
    norm_factor = scene.norm_factor()
    log.info("%s: %d×%d×%d, split %s", scene.name, rows, columns, bands, scene.split)
    row = ManifestRow(
        scene=scene.name,
        split=scene.split,
        path=f"{folder_name}/{scene.name}.npy",
        sha256=sha256(path),
        rows=rows,
        columns=columns,
        bands=bands,
        minimum=f"{cube.min():.6g}",
        maximum=f"{cube.max():.6g}",
        floored=floored,
        norm_factor="" if norm_factor is None else f"{norm_factor:.6g}",
    )
    return _StoredScene(row, wavelengths)


def _mark_duplicates(rows: Sequence[ManifestRow]) -> None:
    """Set `same_as` of every scene whose cube is identical to the cube of an earlier scene.

    Raises:
        ValueError: the two scenes are in different splits.
    """
    first_rows: dict[str, ManifestRow] = {}
    for row in rows:
        if not row.sha256:
            continue
        first = first_rows.setdefault(row.sha256, row)
        if first is row:
            continue
        row.same_as = first.scene
        if row.split != first.split:
            raise ValueError(
                f"{row.scene}: holds the same cube as {first.scene}, "
                f"but is in split {row.split} and not in {first.split}; "
                "give one of them the split `unused`"
            )
        log.info("%s: holds the same cube as %s", row.scene, first.scene)


def _common_wavelengths(
    stored: Sequence[_StoredScene], stated: Sequence[float] | None
) -> list[float]:
    """The wavelengths that all cubes have, or the stated ones if all scenes are pictures.

    Raises:
        ValueError: two cubes differ, or there is no cube.
    """
    by_scene = [(r.row.scene, r.wavelengths_nm) for r in stored if r.wavelengths_nm is not None]
    if stored and not by_scene and stated is not None:
        return list(stated)
    if not by_scene:
        raise ValueError(
            "the data set has no cube: every scene is left out or has a picture only; "
            "check its table of splits and its `zeros`"
        )
    first_scene, first = by_scene[0]
    for scene, wavelengths in by_scene:
        if len(wavelengths) != len(first) or not np.allclose(wavelengths, first, atol=0.5):
            raise ValueError(
                f"{scene}: has {len(wavelengths)} bands from {wavelengths[0]:g} to "
                f"{wavelengths[-1]:g} nm, {first_scene} has {len(first)} from {first[0]:g} to "
                f"{first[-1]:g} nm; give one of them the split `unused`"
            )
    return first
