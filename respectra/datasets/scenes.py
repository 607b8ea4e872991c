"""The manifest: which scenes there are, checked at the door and stored once."""

import csv
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.build import build
from respectra.files import aside, sha256
from respectra.logs import log

Array = NDArray[np.float32]
COLUMNS = (
    "scene", "split", "path", "sha256", "rows", "columns", "bands", "minimum", "maximum", "floored",
    "norm_factor", "same_as",
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """One place photographed once: its name, its split, and how to get its cube.

    `read` gives (bands, rows, columns) and the wavelengths in nanometres. Where nobody published
    the cube it is None, and `size` says how many rows and columns the picture has. `norm_factor`
    gives what the cube was divided by, where its file says so.
    """

    name: str
    split: str
    read: Callable[[], tuple[Array, list[float]]] | None
    size: tuple[int, int] | None = None
    norm_factor: Callable[[], float | None] = lambda: None


def make_dataset(
    plan: Mapping[str, Any],
    *,
    save_scenes: str | Path,
    save_cubes: str | Path,
    save_wavelengths: str | Path,
    threads: int = 1,
) -> None:
    """Read every scene of a data set, check it, and store it as a memory map with a manifest.

    Raises:
        ValueError: naming the scene that cannot be used, and what is wrong with it.
    """
    scenes: Sequence[Scene] = build("dataset", plan["read"], wavelengths_nm=plan["wavelengths_nm"])
    found: dict[str, list[float]] = {}
    with aside(save_cubes) as folder:
        folder.mkdir()

        def one(scene: Scene) -> dict[str, Any] | None:
            if scene.read is None:
                rows, columns = scene.size or (None, None)
                log.info("%s: no cube, %s", scene.name, scene.split)
                return {"scene": scene.name, "split": scene.split, "rows": rows, "columns": columns}
            values, wavelengths = scene.read()
            _expected(scene.name, values, plan)
            with np.errstate(over="ignore"):  # what is too large is not finite then, and told below
                cube = values.astype(plan["stored"])
            floored = int(np.count_nonzero(cube < plan["zeros"]["floor"])) if _floor(plan) else 0
            problem = None if _floor(plan) and _finite(cube) else faults(cube)
            if problem and plan["zeros"] == "leave_out":
                log.info("%s is left out: %s", scene.name, problem)
                return None
            if problem:
                raise ValueError(
                    f"{scene.name}: the cube {problem}; mend it, or state zeros: leave_out "
                    "or zeros: {floor: 1.0e-4} in the data set's file"
                )
            if _floor(plan):
                cube = np.maximum(cube, cube.dtype.type(plan["zeros"]["floor"]))
            found[scene.name] = wavelengths
            path = folder / f"{scene.name}.npy"
            np.save(path, np.ascontiguousarray(np.moveaxis(cube, 0, -1)))
            bands, rows, columns = cube.shape
            factor = scene.norm_factor()
            log.info("%s: %d×%d×%d, %s", scene.name, rows, columns, bands, scene.split)
            return {
                "scene": scene.name,
                "split": scene.split,
                "path": f"{Path(save_cubes).name}/{scene.name}.npy",
                "sha256": sha256(path),
                "rows": rows,
                "columns": columns,
                "bands": bands,
                "minimum": f"{cube.min():.6g}",
                "maximum": f"{cube.max():.6g}",
                "floored": floored,
                "norm_factor": "" if factor is None else f"{factor:.6g}",
            }

        with ThreadPoolExecutor(threads) as pool:
            rows = [row for row in pool.map(one, scenes) if row is not None]
        if not rows:
            raise ValueError("no scene is left in the data set")
        wavelengths = _agreed({r["scene"]: found[r["scene"]] for r in rows if r["scene"] in found})
        _compared(rows)
    with aside(save_wavelengths) as path:
        path.write_text("\n".join(["wavelength_nm", *(f"{w:g}" for w in wavelengths), ""]))
    with aside(save_scenes) as path, open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _expected(scene: str, cube: Array, plan: Mapping[str, Any]) -> None:
    """Refuse a cube of another size or outside the range that the data set's file states."""
    size = plan["size"]
    if size is not None and tuple(cube.shape[1:]) != tuple(size):
        turned = tuple(cube.shape[:0:-1]) == tuple(size)
        hint = ": rows and columns are swapped; state axes" if turned else ""
        raise ValueError(
            f"{scene}: the cube has {cube.shape[1]}×{cube.shape[2]} pixels, "
            f"the data set's scenes {size[0]}×{size[1]}{hint}"
        )
    if plan["range"] is not None:
        low, high = plan["range"]
        if cube.min() < low or cube.max() > high:
            raise ValueError(
                f"{scene}: the cube reaches from {cube.min():g} to {cube.max():g}, "
                f"the data set's scenes from {low:g} to {high:g}; "
                "perhaps the read's maximum is another"
            )


def _compared(rows: Sequence[dict[str, Any]]) -> None:
    """Note which scenes hold the very same cube.

    Raises:
        ValueError: they are in different splits.
    """
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        if "sha256" not in row:
            continue
        other = first.setdefault(row["sha256"], row)
        if other is row:
            continue
        row["same_as"] = other["scene"]
        if row["split"] != other["split"]:
            raise ValueError(
                f"{row['scene']}: holds the same cube as {other['scene']}, "
                f"but is in split {row['split']} and not in {other['split']}; "
                "leave one out with split `unused`"
            )
        log.info("%s: holds the same cube as %s", row["scene"], other["scene"])


def faults(cube: Array) -> str | None:
    """What is wrong with a cube's values, or None.

    Example:
        >>> faults(np.array([[[0.5, np.nan]]], dtype=np.float32))
        'has 1 values that are not finite'
        >>> faults(np.array([[[0.5, 0.0, -1.0]]], dtype=np.float32))
        'has 1 negative values and 1 zeros'
    """
    if not _finite(cube):
        return f"has {np.count_nonzero(~np.isfinite(cube))} values that are not finite"
    negative, zero = np.count_nonzero(cube < 0), np.count_nonzero(cube == 0)
    parts = [f"{negative} negative values"] * bool(negative) + [f"{zero} zeros"] * bool(zero)
    return f"has {' and '.join(parts)}" if parts else None


def _finite(cube: Array) -> bool:
    return bool(np.isfinite(cube).all())


def _floor(plan: Mapping[str, Any]) -> bool:
    return isinstance(plan["zeros"], Mapping)


def _agreed(found: Mapping[str, list[float]]) -> list[float]:
    """The wavelengths that every scene has."""
    first, wavelengths = next(iter(found.items()))
    for scene, others in found.items():
        if len(others) != len(wavelengths) or not np.allclose(others, wavelengths, atol=0.5):
            raise ValueError(
                f"{scene}: has {len(others)} bands from {others[0]:g} to {others[-1]:g} nm, "
                f"{first} has {len(wavelengths)} from {wavelengths[0]:g} to {wavelengths[-1]:g} nm"
            )
    return wavelengths
