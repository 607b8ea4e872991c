"""The camera as a whole: response, then the chain of parts that its YAML orders."""

import csv
import hashlib
import inspect
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.build import function
from respectra.camera import jpeg
from respectra.camera.agreement import agreement
from respectra.camera.response import load, project
from respectra.datasets.store import Store
from respectra.files import aside
from respectra.logs import log

Array = NDArray[np.floating]


def observe(
    cube: Array, response: Array, chain: Sequence[Mapping[str, Any]], rng: np.random.Generator
) -> bytes:
    """What the camera writes of a cube: a picture file.

    Args:
        cube: (bands, rows, columns).
        response: (3, bands).
        chain: the camera's parts in order, each `{is: module:name, …}`.
        rng: for the parts that draw.

    Raises:
        ValueError: the chain does not end in a file.
    """
    return develop(project(cube, response), chain, rng)


def generator(seed: int, scene: str) -> np.random.Generator:
    """The randomness of one photograph: the camera's seed and the scene's name alone."""
    return np.random.default_rng([seed, zlib.crc32(scene.encode())])


def develop(signal: Array, chain: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> bytes:
    """The chain alone: what the camera writes of what its channels collect, (3, rows, columns).

    Raises:
        ValueError: the chain does not end in a file.
    """
    found: Any = signal
    for part in chain:
        settings = dict(part)
        do = function("camera", settings.pop("is"))
        if "rng" in inspect.signature(do).parameters:
            settings["rng"] = rng
        found = do(found, **settings)
    if not isinstance(found, bytes):
        raise ValueError("observe: the chain ends before a file; end it with jpeg:compress")
    return found


def observe_all(
    plan: Mapping[str, Any],
    scenes: str | Path,
    *,
    save_observations: str | Path,
    save_response: str | Path,
    save_scenes: str | Path,
    threads: int = 1,
) -> None:
    """Photograph every scene of a data set, or take over the observations that came with it.

    Writes `observations/{scene}.jpg` (or .png), the decoded pixels `{scene}.npy` for streaming,
    `response.csv`, sampled at the data set's bands, and `scenes.csv`, which says of each picture
    how bright it is, whether it is clipped (team MIALGO's two cases) and how well it agrees with
    the cube. Noise depends on the camera's seed and the scene's name alone, so neither the order
    nor the number of scenes changes a picture.

    Raises:
        ValueError: naming the scene whose picture is missing, broken, of another size, or turned.
    """
    store = Store(scenes)
    response_plan = plan["response"]
    response = load(
        response_plan["file"],
        store.wavelengths_nm,
        columns=response_plan["columns"],
        gains=response_plan["gains"],
    )
    with aside(save_observations) as folder:
        folder.mkdir()

        def one(scene: str) -> dict[str, Any]:
            if plan["provided"] is None:
                if not store.has_cube(scene):
                    raise ValueError(f"{scene}: has no cube, so it cannot be photographed")
                rng = generator(plan["seed"], scene)
                file = observe(store.cube(scene), response, plan["chain"], rng)
            else:
                file = _provided(plan["provided"], scene)
            pixels = jpeg.decode(file)
            if pixels.shape[1:] != store.size(scene):
                rows, columns = store.size(scene)
                raise ValueError(
                    f"{scene}: the observation is {pixels.shape[1]}×{pixels.shape[2]}, "
                    f"the cube {rows}×{columns}"
                )
            suffix = "jpg" if file[:2] == b"\xff\xd8" else "png"
            (folder / f"{scene}.{suffix}").write_bytes(file)
            np.save(folder / f"{scene}.npy", np.ascontiguousarray(np.moveaxis(pixels, 0, -1)))
            alike = None
            if store.has_cube(scene):
                alike = agreement(scene, pixels, store.cube(scene), response)
            return {
                "scene": scene,
                "sha256": hashlib.sha256(file).hexdigest(),
                "mean": f"{pixels.mean() / 255:.4f}",
                "maximum": pixels.max(),
                "clipped": "yes" if pixels.max() == 255 else "no",
                "clipped_share": f"{(pixels == 255).any(0).mean():.6f}",
                "agreement": None if alike is None else f"{alike:.4f}",
            }

        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(one, store.scenes()))
    with aside(save_response) as path, open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["wavelength_nm", "R", "G", "B"])
        for wavelength, column in zip(store.wavelengths_nm, response.T, strict=True):
            rows.writerow([f"{wavelength:g}", *(repr(float(v)) for v in column)])
    with aside(save_scenes) as path, open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(found)
    clipped = sum(row["clipped"] == "yes" for row in found)
    log.info("%d observations, %d of them clipped", len(found), clipped)


def _provided(pattern: str, scene: str) -> bytes:
    path = Path(pattern.format(scene=scene))
    if not path.is_file():
        raise ValueError(f"{path}: the observation of scene {scene} is missing")
    jpeg.decode(path)  # so that a broken file is named by its path
    return path.read_bytes()
