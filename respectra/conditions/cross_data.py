"""The scenes of another data set, seen by the camera of the data set that methods are trained on.

Only the scenes change: the response and the chain that take the pictures are those of the training.
Where the bands of the two data sets differ, both truth and reconstruction are interpolated to the
bands of the coarser one in the common range, and the picture is that of the interpolated cube.
"""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.exposure import find_gain
from respectra.camera.observe import develop, make_generator, store_picture
from respectra.camera.response import (
    project,
    read_response,
    read_sensor_response,
    write_response,
)
from respectra.conditions.resample import TRAINED, interpolate_bands
from respectra.conditions.rows import (
    Row,
    link_pictures,
    list_training_rows,
    relate_row,
    write_rows,
    write_tables,
)
from respectra.conditions.step import balance_response, load_planned_response
from respectra.datasets.common_bands import (
    describe_bands,
    find_common_bands,
    is_same_grid,
)
from respectra.datasets.store import ORIGIN, Store
from respectra.files import replace_atomically, sha256
from respectra.logs import log
from respectra.pictures import read_rgb
from respectra.plan_types import CrossDataPlan

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Sources:
    """What the scenes of another data set are photographed with.

    Attributes:
        trained: the data set that methods are trained on.
        scored: the data set whose scenes are scored.
        bands: the common bands, nm.
        response: of the camera at the common bands, (3, bands).
        same_bands: whether no spectrum is interpolated.
    """

    trained: Store
    scored: Store
    bands: list[float]
    response: Array
    same_bands: bool


def make_cross_data(
    *,
    plan: CrossDataPlan,
    scenes: str | Path,
    observations: str | Path,
    pictures: str | Path,
    response: str | Path,
    scored_scenes: str | Path,
    save_scenes: str | Path,
    save_wavelengths: str | Path,
    save_cubes: str | Path,
    save_observations: str | Path,
    save_response: str | Path,
    save_pictures: str | Path,
    threads: int = 1,
) -> None:
    """Photograph the scenes of another data set with the camera of a data set.

    A scene whose cube is also that of a training scene is left out.

    Args:
        plan: the other data set, its split and the camera.
        scenes, observations, pictures, response: of the data set that methods are trained on:
            manifest, and the camera's folder, table and response.
        scored_scenes: manifest of the other data set.
        save_scenes: a manifest of the training scenes and of the other data set's split.
        save_wavelengths: the common bands.
        save_cubes: folder of interpolated cubes, and of a manifest with the bands of the training.
        save_observations: folder of the pictures; those of the training scenes are the camera's.
        save_response: the response at the common bands.
        save_pictures: the table of the pictures.
        threads: number of scenes that are photographed at the same time.

    Raises:
        ValueError: the data sets have too few common bands, a scene has no cube, or every scene is
            a training scene.
    """
    sources = _read_sources(plan, Store(scenes), Store(scored_scenes), response)
    names, place = _name_scenes(sources, plan), Path(save_scenes).parent
    with replace_atomically(save_cubes) as cubes, replace_atomically(save_observations) as folder:
        cubes.mkdir(parents=True)
        folder.mkdir()
        photograph = partial(
            _photograph, plan=plan, sources=sources, cubes=cubes, folder=folder, place=place
        )
        with ThreadPoolExecutor(threads) as pool:
            rows = list(pool.map(photograph, names, names.values()))
        link_pictures(list_training_rows(sources.trained), observations, folder)
        if not sources.same_bands:
            _write_trained_manifest(sources, [row for row, _ in rows], cubes, Path(save_cubes))
    write_tables(
        _list_trained(sources, place), rows,
        pictures=pictures, save_scenes=save_scenes, save_pictures=save_pictures,
    )  # fmt: skip
    write_rows(save_wavelengths, _list_bands(sources.bands))
    _save_response(response, save_response, sources)
    log.info("%d scenes of %s at %s", len(rows), plan["scenes"], describe_bands(sources.bands))


def _read_sources(
    plan: CrossDataPlan, trained: Store, scored: Store, response: str | Path
) -> Sources:
    wavelengths = trained.wavelengths_nm
    try:
        bands = find_common_bands(wavelengths, scored.wavelengths_nm)
    except ValueError as error:
        raise ValueError(f"{trained.folder.name} and {plan['scenes']}: {error}") from error
    curves = load_planned_response(plan, wavelengths, response)
    same_bands = is_same_grid(wavelengths, scored.wavelengths_nm)
    if not same_bands:
        curves = _resample_response(curves, wavelengths, bands)
    return Sources(trained, scored, bands, curves, same_bands)


def _resample_response(
    response: Array, wavelengths_nm: Sequence[float], bands: list[float]
) -> Array:
    """A response at other bands: an even spectrum keeps its signals, so exposures are the same."""
    return balance_response(interpolate_bands(response, wavelengths_nm, bands, axis=1), response)


def _list_trained(sources: Sources, place: Path) -> list[Row]:
    """The training scenes in the new manifest, whose bands are not those of their cubes."""
    rows = [relate_row(row, sources.trained, place) for row in list_training_rows(sources.trained)]
    return rows if sources.same_bands else [{**row, "bands": ""} for row in rows]


def _name_scenes(sources: Sources, plan: CrossDataPlan) -> dict[str, str]:
    """The scored scenes, each with its name among the training scenes.

    Raises:
        ValueError: every scene is also a training scene.
    """
    training_rows = list_training_rows(sources.trained)
    sums = {row["sha256"] for row in training_rows if row.get("sha256")}
    rows = {row["scene"]: row for row in sources.scored.rows}
    every = sources.scored.scenes(plan["split"])
    names = [scene for scene in every if rows[scene].get("sha256") not in sums]
    if len(names) < len(every):
        log.warning("%d scenes are also training scenes and left out", len(every) - len(names))
    if not names:
        raise ValueError(
            f"{plan['scenes']}: every scene of {plan['split']} is a training scene of "
            f"{sources.trained.folder.name}, so nothing can be scored; choose another data set"
        )
    is_ambiguous = not {row["scene"] for row in training_rows}.isdisjoint(names)
    return {name: f"{plan['scenes']}_{name}" if is_ambiguous else name for name in names}


def _photograph(
    scene: str,
    name: str,
    *,
    plan: CrossDataPlan,
    sources: Sources,
    cubes: Path,
    folder: Path,
    place: Path,
) -> tuple[Row, Row]:
    """Write the picture of a scene, and its cube if it is interpolated; return both rows."""
    scored = sources.scored
    if not scored.has_cube(scene):
        raise ValueError(
            f"{plan['scenes']}: {scene} has no cube, so no other camera can photograph it; "
            "choose a split whose cubes were published"
        )
    cube = np.asarray(scored.cube(scene))
    row = relate_row(next(row for row in scored.rows if row["scene"] == scene), scored, place)
    row |= {"scene": name}
    if not sources.same_bands:
        cube = interpolate_bands(cube, scored.wavelengths_nm, sources.bands)
        path = cubes / f"{name}.npy"
        np.save(path, np.ascontiguousarray(np.moveaxis(cube, 0, -1)))
        stored = f"cubes/{name}.npy"
        row |= {
            "path": stored, ORIGIN: stored, "bands": len(cube), "sha256": sha256(path),
            "minimum": f"{cube.min():.6g}", "maximum": f"{cube.max():.6g}",
        }  # fmt: skip
    signal = project(cube, sources.response)
    # The name in its own data set draws the noise, so that a scene has one picture per camera.
    file = develop(signal, plan["chain"], make_generator(plan["seed"], scene))
    pixels = read_rgb(file).astype(np.uint8)  # of our own camera: 8 bits
    gain = find_gain(signal, plan["chain"])
    return row, asdict(store_picture(folder, name, file, pixels, agreement=None, gain=gain))


def _write_trained_manifest(
    sources: Sources, rows: Sequence[Row], cubes: Path, place: Path
) -> None:
    """Write what methods see: training scenes as they are, and scenes without a truth."""
    (cubes / TRAINED).mkdir()
    unknown = [{**row, "path": "", ORIGIN: "", "bands": ""} for row in rows]
    trained = list_training_rows(sources.trained)
    related = [relate_row(row, sources.trained, place / TRAINED) for row in trained]
    write_rows(cubes / TRAINED / "scenes.csv", [*related, *unknown])
    write_rows(cubes / TRAINED / "wavelengths.csv", _list_bands(sources.trained.wavelengths_nm))


def _save_response(response: str | Path, save: str | Path, sources: Sources) -> None:
    """The response of the data set's camera, which methods know, at the common bands."""
    with replace_atomically(save) as path:
        if sources.same_bands:
            shutil.copyfile(response, path)
            return
        curves, sensor = read_response(response), read_sensor_response(response)
        gains = curves.sum(1) / sensor.sum(1)
        resampled = _resample_response(curves, sources.trained.wavelengths_nm, sources.bands)
        write_response(path, sources.bands, resampled, gains.tolist())


def _list_bands(bands: Sequence[float]) -> list[Row]:
    return [{"wavelength_nm": band} for band in bands]
