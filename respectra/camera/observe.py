"""The step `camera`: a response and a chain of parts turn every cube into an observation."""

import csv
import hashlib
import inspect
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.build import function
from respectra.camera.agreement import (
    CLEAR,
    LEAST,
    correlate,
    find_shown_scene,
    measure_agreement,
)
from respectra.camera.exposure import find_gain
from respectra.camera.observations import find_clipped
from respectra.camera.response import load_response, project, write_response
from respectra.datasets.store import Store
from respectra.file_kinds import require_file
from respectra.files import replace_atomically
from respectra.logs import log
from respectra.pictures import read_rgb
from respectra.plan_types import CameraPlan

Array = NDArray[np.floating]
Pixels = NDArray[np.uint8] | NDArray[np.float32]  # (3, rows, columns), 0 to 255
JPEG_START = b"\xff\xd8"
MOST_COMPARED = 200  # other scenes that a picture which does not agree is compared with


@dataclass(frozen=True)
class PictureRow:
    """A row of the table `scenes.csv` of the observations.

    Attributes:
        scene: name of the scene.
        sha256: checksum of the picture file.
        mean: mean of all values, relative to 255.
        maximum: the greatest value.
        clipped: `yes` if a value is 255, else `no`: the two cases of team MIALGO.
        clipped_share: share of the pixels with a value of 255.
        agreement: correlation of the picture with the projected cube; None without a cube.
        gain: gain of the picture without noise, see `find_gain`; None without a cube.

    References:
        Team MIALGO: [arad2022ntire], section 6.2.
    """

    scene: str
    sha256: str
    mean: str
    maximum: int
    clipped: str
    clipped_share: str
    agreement: str | None
    gain: float | None


def photograph_cube(
    cube: Array, response: Array, chain: Sequence[Mapping[str, Any]], rng: np.random.Generator
) -> bytes:
    """Photograph a cube.

    Args:
        cube: (bands, rows, columns).
        response: (3, bands).
        chain: the parts of the camera in order, each `{is: module:name, …}`.
        rng: for the parts that draw random numbers.

    Returns:
        The content of the picture file.

    Raises:
        ValueError: the last part of the chain does not write a file.
    """
    return develop(project(cube, response), chain, rng)


def develop(signal: Array, chain: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> bytes:
    """Apply the chain of a camera to the signal of its channels.

    Args:
        signal: (3, rows, columns), the projection of a cube.
        chain: as in `photograph_cube`.
        rng: for the parts that draw random numbers.

    Returns:
        The content of the picture file.

    Raises:
        ValueError: the last part of the chain does not write a file.
    """
    product: Any = signal
    for part in chain:
        settings = dict(part)
        apply_part = function("camera", settings.pop("is"))
        if "rng" in inspect.signature(apply_part).parameters:
            settings["rng"] = rng
        product = apply_part(product, **settings)
    if not isinstance(product, bytes):
        last = chain[-1]["is"] if chain else "no part"
        raise ValueError(
            f"chain: ends with {last}, which writes no file; "
            "add jpeg:compress or jpeg:lossless at the end"
        )
    return product


def make_generator(seed: int, scene: str) -> np.random.Generator:
    """The random generator of one photograph.

    It depends on the seed of the camera and the name of the scene only, so neither the order nor
    the number of scenes changes a picture.
    """
    return np.random.default_rng([seed, zlib.crc32(scene.encode())])


def photograph_dataset(
    *,
    plan: CameraPlan,
    scenes: str | Path,
    save_observations: str | Path,
    save_response: str | Path,
    save_scenes: str | Path,
    folder: str | Path | None = None,
    threads: int = 1,
) -> None:
    """Photograph every scene of a data set, or copy the pictures that the data set provides.

    Args:
        plan: the camera, or where the provided pictures are.
        scenes: the manifest of the data set.
        save_observations: folder of the picture files, `{scene}.jpg` or `{scene}.png`, and of
            their decoded pixels, `{scene}.npy`, (rows, columns, 3), 0 to 255: uint8, or float32
            for pictures of 16 bits.
        save_response: path of the CSV of the response at the bands of the data set.
        save_scenes: path of the table of pictures, a CSV with the columns of `PictureRow`.
        folder: where the provided pictures are, if the data set provides them.
        threads: number of scenes that are photographed at the same time.

    Raises:
        ValueError: a picture is missing, damaged, differs in size from the cube, or is turned or
            mirrored against it; or a scene without a cube is to be photographed.
    """
    store = Store(scenes)
    response = load_response(
        plan["response"]["file"],
        store.wavelengths_nm,
        columns=plan["response"]["columns"],
        gains=plan["response"]["gains"],
        unit=plan["response"].get("unit", "share"),
    )
    provided = None
    if plan["provided"] is not None:
        provided = (Path(folder or ".") / plan["provided"]).as_posix()
    with replace_atomically(save_observations) as pictures:
        pictures.mkdir()

        def photograph(scene: str) -> PictureRow:
            return _photograph_scene(scene, store, response, plan, provided, pictures)

        with ThreadPoolExecutor(threads) as pool:
            rows = list(pool.map(photograph, store.scenes()))
    with replace_atomically(save_response) as path:
        write_response(path, store.wavelengths_nm, response, plan["response"]["gains"])
    with (
        replace_atomically(save_scenes) as path,
        open(path, "w", newline="", encoding="utf-8") as file,
    ):
        columns = [field.name for field in fields(PictureRow)]
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
    clipped = sum(row.clipped == "yes" for row in rows)
    log.info("%d observations, %d of them clipped", len(rows), clipped)


def _photograph_scene(
    scene: str,
    store: Store,
    response: Array,
    plan: CameraPlan,
    provided: str | None,
    folder: Path,
) -> PictureRow:
    """Write the picture file and the decoded pixels of one scene to a folder."""
    if provided is not None:
        file, pixels = _read_provided(provided, scene)
    elif store.has_cube(scene):
        rng = make_generator(plan["seed"], scene)
        file = photograph_cube(store.cube(scene), response, plan["chain"], rng)
        pixels = read_rgb(file)
    else:
        raise ValueError(
            f"{scene}: has no cube, so it cannot be photographed; set observations: {{provided: …}}"
            " in the YAML of the data set, or give the scene the split `unused`"
        )
    if pixels.shape[1:] != store.size(scene):
        rows, columns = store.size(scene)
        raise ValueError(
            f"{scene}: the observation has {pixels.shape[1]}×{pixels.shape[2]} pixels, "
            f"the cube {rows}×{columns}; provide a picture of the size of the cube"
        )
    agreement = gain = None
    if store.has_cube(scene):
        gain = find_gain(project(store.cube(scene), response), plan["chain"])
        agreement = _compare(scene, pixels, store, response, plan)
    return store_picture(folder, scene, file, pixels, agreement=agreement, gain=gain)


def store_picture(
    folder: Path,
    scene: str,
    file: bytes,
    pixels: Pixels,
    *,
    agreement: float | None,
    gain: float | None,
) -> PictureRow:
    """Write a picture file and its decoded pixels; return its row of the table.

    Args:
        folder: the folder `observations`.
        scene: name of the scene.
        file: content of the JPEG or PNG.
        pixels: (3, rows, columns), 0 to 255.
        agreement, gain: as in `PictureRow`.
    """
    suffix = "jpg" if file.startswith(JPEG_START) else "png"
    (folder / f"{scene}.{suffix}").write_bytes(file)
    pixels_last = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    np.save(folder / f"{scene}.npy", pixels_last)
    clipped = find_clipped(pixels_last)
    return PictureRow(
        scene=scene,
        sha256=hashlib.sha256(file).hexdigest(),
        mean=f"{pixels.mean() / 255:.4f}",
        maximum=int(pixels.max()),
        clipped="yes" if clipped.any() else "no",
        clipped_share=f"{clipped.mean():.6f}",
        agreement=None if agreement is None else f"{agreement:.4f}",
        gain=gain,
    )


def _compare(scene: str, pixels: Pixels, store: Store, response: Array, plan: CameraPlan) -> float:
    """The agreement of a picture with its cube; a provided picture must show the scene."""
    if plan["provided"] is None:
        return correlate(pixels, store.cube(scene), response)
    problem, agreement = None, 0.0
    try:
        agreement = measure_agreement(
            scene, pixels, store.cube(scene), response, least=plan.get("agreement", LEAST)
        )
    except ValueError as error:
        problem = error
    if problem is not None or agreement < CLEAR:
        alike = [
            name
            for name in store.scenes()
            if name != scene and store.has_cube(name) and store.size(name) == store.size(scene)
        ]
        cubes = {name: partial(store.cube, name) for name in alike[:MOST_COMPARED]}
        if shown := find_shown_scene(pixels, cubes, response, agreement):
            raise ValueError(
                f"{scene}: the picture shows the scene {shown}; exchange the files of the pictures"
            ) from problem
    if problem is not None:
        raise problem
    return agreement


def _read_provided(pattern: str, scene: str) -> tuple[bytes, Pixels]:
    """The content and the pixels of the picture that the data set provides for a scene."""
    path = Path(pattern.format(scene=scene))
    if not path.is_file():
        raise ValueError(
            f"{path}: does not exist; it is the provided observation of scene {scene}: "
            "put the file in this place, or give the scene the split `unused`"
        )
    return require_file(path, "picture").read_bytes(), read_rgb(path)
