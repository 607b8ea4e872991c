"""The step `conditions`: the scenes of a split under one condition, stored like a data set.

The training scenes stay as they are, so that a method that is fitted to them when it reconstructs
is the same under every condition.
"""

import shutil
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from respectra.camera.exposure import find_gain
from respectra.camera.jpeg import lossless
from respectra.camera.observe import develop, make_generator, store_picture
from respectra.camera.response import load_response, project, read_response
from respectra.conditions.lights import relight
from respectra.conditions.measured import load_measured
from respectra.conditions.metamers import draw_spectra, find_metamers
from respectra.conditions.rows import (
    Row,
    link_pictures,
    list_training_rows,
    relate_row,
    write_tables,
)
from respectra.datasets.spectra import illuminant
from respectra.datasets.store import ORIGIN, Store
from respectra.files import replace_atomically, sha256
from respectra.logs import log
from respectra.pictures import read_rgb
from respectra.plan_types import ConditionPlan, CrossDataPlan

Array = NDArray[np.floating]
SPECTRA = 32  # measured spectra that may lead to a metamer
PLACES, MEASURED = 1, 2  # streams of random numbers, each with the seed of the camera


@dataclass(frozen=True)
class Sources:
    """What a condition changes.

    Attributes:
        store: the data set.
        response: of the camera that takes the pictures, (3, bands).
        light: of the condition, (bands,); None: the scenes keep theirs.
        spectra: that may lead to metamers, (count, bands); None: no metamers.
    """

    store: Store
    response: Array
    light: Array | None
    spectra: Array | None


def make_condition(
    *,
    plan: ConditionPlan,
    scenes: str | Path,
    observations: str | Path,
    pictures: str | Path,
    response: str | Path,
    save_scenes: str | Path,
    save_wavelengths: str | Path,
    save_cubes: str | Path,
    save_observations: str | Path,
    save_response: str | Path,
    save_pictures: str | Path,
    threads: int = 1,
) -> None:
    """Photograph the scenes of a split under a condition.

    Args:
        plan: the condition.
        scenes: the data set's manifest.
        observations: the camera's folder.
        pictures: the camera's table.
        response: the camera's response at the bands of the data set.
        save_scenes: a manifest of the training scenes and of the split. Cubes that the condition
            does not change are those of the data set; the column `origin` names the cube before
            the condition.
        save_wavelengths: a copy of the bands' centres.
        save_cubes: folder of the changed cubes.
        save_observations: folder of the pictures; those of the training scenes are the camera's.
        save_response: a copy of the response of the data set's camera, which methods know.
        save_pictures: the table of the pictures.
        threads: number of scenes that are photographed at the same time.

    Raises:
        ValueError: a scene of the split has no cube, or the response does not cover the bands.
    """
    sources = _read_sources(plan, Store(scenes), response)
    names = sources.store.scenes(plan["split"])
    with replace_atomically(save_cubes) as cubes, replace_atomically(save_observations) as folder:
        (cubes / ORIGIN).mkdir(parents=True)
        folder.mkdir()
        photograph = partial(
            _photograph, plan=plan, sources=sources, cubes=cubes, folder=folder,
            place=Path(save_cubes),
        )  # fmt: skip
        with ThreadPoolExecutor(threads) as pool:
            rows = list(pool.map(photograph, names))
        training_rows = list_training_rows(sources.store)
        link_pictures(training_rows, observations, folder)
    place = Path(save_scenes).parent
    write_tables(
        [relate_row(row, sources.store, place) for row in training_rows], rows,
        pictures=pictures, save_scenes=save_scenes, save_pictures=save_pictures,
    )  # fmt: skip
    for source, copy in (
        (sources.store.folder / "wavelengths.csv", save_wavelengths), (response, save_response),
    ):  # fmt: skip
        with replace_atomically(copy) as path:
            shutil.copyfile(source, path)
    log.info("%d scenes of %s", len(rows), plan["split"])


def _read_sources(plan: ConditionPlan, store: Store, response: str | Path) -> Sources:
    wavelengths = store.wavelengths_nm
    curves = load_planned_response(plan, wavelengths, response)
    spectra = None
    if plan["metamer"]:
        rng = np.random.default_rng([plan["seed"], MEASURED])
        cubes = [store.bands_last(row["scene"]) for row in list_training_rows(store)]
        spectra = draw_spectra(cubes, SPECTRA, rng)
    light = None
    if plan["light"] is not None:
        light = illuminant(plan["light"], tuple(wavelengths))
    return Sources(store, curves, light, spectra)


def load_planned_response(
    plan: ConditionPlan | CrossDataPlan, wavelengths_nm: Sequence[float], reference: str | Path
) -> Array:
    """The response of the camera that takes the pictures.

    Args:
        plan: states a table or a response of an installed package, and whether it is balanced.
        wavelengths_nm: the centres of the bands.
        reference: the file with the response of the data set's camera, which a balanced response
            agrees with for an even spectrum.

    Returns:
        (3, bands), float64.

    Raises:
        ValueError: the table or the package has no such response.
    """
    response = plan["response"]
    if "file" in response:
        curves: Array = load_response(
            response["file"], wavelengths_nm, columns=response["columns"],
            gains=response["gains"], unit=response.get("unit", "share"),
        )  # fmt: skip
    else:
        curves = load_measured(
            response["package"], response["camera"], response["columns"], wavelengths_nm
        )
    return balance_response(curves, read_response(reference)) if plan["balanced"] else curves


def balance_response(response: Array, reference: Array) -> Array:
    """Multiply each channel so that an even spectrum has the signal that it has in a reference.

    Args:
        response: (3, bands).
        reference: the response of the data set's camera, (3, bands).

    Example:
        >>> balance_response(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]])).tolist()
        [[0.5, 1.5]]
    """
    balanced: Array = response * (reference.sum(1) / response.sum(1))[:, None]
    return balanced


def _photograph(
    scene: str, *, plan: ConditionPlan, sources: Sources, cubes: Path, folder: Path, place: Path
) -> tuple[Row, Row]:
    """Write a scene's picture and its changed cubes; return the rows of both tables."""
    if not sources.store.has_cube(scene):
        raise ValueError(
            f"{scene}: has no cube, so it cannot be photographed under a condition; "
            "choose a split whose cubes were published"
        )
    original = np.asarray(sources.store.cube(scene))
    cube = _change_cube(original, sources)
    rng = make_generator(plan["seed"], scene)
    signal = project(cube, sources.response)
    file = develop(signal, plan["chain"], rng)
    pixels = read_rgb(file).astype(np.uint8)  # of our own camera: 8 bits
    row = next(row for row in sources.store.rows if row["scene"] == scene)
    manifest = relate_row(row, sources.store, place.parent)
    if plan["shuffle"]:
        order = _draw_order(plan["seed"], scene, pixels[0].size)
        pixels, cube, original = (shuffle(image, order) for image in (pixels, cube, original))
        file = lossless(pixels)
        manifest[ORIGIN] = _store(original, cubes, f"{ORIGIN}/{scene}.npy", place)
    if plan["shuffle"] or sources.light is not None or sources.spectra is not None:
        manifest |= {
            "path": _store(cube, cubes, f"{scene}.npy", place),
            "sha256": sha256(cubes / f"{scene}.npy"),
            "minimum": f"{cube.min():.6g}", "maximum": f"{cube.max():.6g}",
        }  # fmt: skip
    gain = find_gain(signal, plan["chain"])
    picture = store_picture(folder, scene, file, pixels, agreement=None, gain=gain)
    return manifest, asdict(picture)


def _change_cube(cube: Array, sources: Sources) -> Array:
    """A cube under the light of the condition, and then its metamer."""
    if sources.light is not None:
        cube = relight(cube, sources.light)
    if sources.spectra is not None:
        cube = find_metamers(cube, sources.response, sources.spectra).astype(np.float32)
    return cube


def _draw_order(seed: int, scene: str, count: int) -> NDArray[np.int64]:
    """The order of the pixels of a scene, the same under every condition."""
    rng = np.random.default_rng([seed, PLACES, zlib.crc32(scene.encode())])
    return rng.permutation(count)


def shuffle(image: NDArray, order: NDArray[np.int64]) -> NDArray:  # type: ignore[type-arg]
    """Move the pixels of an image.

    Args:
        image: (channels, rows, columns).
        order: for each pixel, row by row, the one that takes its place.

    Example:
        >>> shuffle(np.array([[[1, 2], [3, 4]]]), np.array([3, 2, 1, 0])).tolist()
        [[[4, 3], [2, 1]]]
    """
    return image.reshape(len(image), -1)[:, order].reshape(image.shape)


def _store(cube: Array, folder: Path, name: str, place: Path) -> str:
    """Store a cube in a folder that will be at a place; return its path in the manifest."""
    np.save(folder / name, np.ascontiguousarray(np.moveaxis(cube, 0, -1), dtype=np.float32))
    return f"{place.name}/{name}"
