"""Stored cubes as memory maps, (rows, columns, bands) on disk.

Reading a patch reads the bytes of that patch only, so the memory of a training does not grow with
the number of scenes.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.layout import HELD_OUT, HELD_OUT_DRAW
from respectra.datasets.listing import find_unlisted_cubes
from respectra.files import read_product

Number = TypeVar("Number", int, float)
ORIGIN = "origin"  # column of a manifest of conditions: the cube before the condition
COMMON_WITHIN = 0.01  # maxima are common that differ by at most this share from their median,
COMMON_SHARE = 0.9  # if so many of the cubes have them


class Store:
    """The scenes of one data set as its manifest lists them.

    Args:
        scenes: the manifest `scenes.csv`; paths in it are relative to its folder.

    Raises:
        ValueError: the file does not have the columns of a manifest, or does not list every cube
            in its folder.
    """

    def __init__(self, scenes: str | Path) -> None:
        with read_product(scenes), open(scenes, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if not rows or not {"scene", "split", "path"} <= set(rows[0]):
            raise ValueError(
                f"{scenes}: is not a manifest with rows and the columns scene, split and path; "
                "delete it and run the rule datasets"
            )
        if problems := find_unlisted_cubes(Path(scenes), rows):
            raise ValueError(problems[0])
        self._set_rows(Path(scenes).parent, rows)

    @classmethod
    def from_rows(cls, folder: Path, rows: list[dict[str, str]]) -> Self:
        """A store of rows of manifests.

        Args:
            folder: the folder that relative paths of the rows start from.
            rows: one for each scene, with the columns of a manifest.
        """
        store = cls.__new__(cls)
        store._set_rows(folder, rows)
        return store

    def _set_rows(self, folder: Path, rows: list[dict[str, str]]) -> None:
        self.folder, self.rows = folder, rows
        self._row = {row["scene"]: row for row in rows}
        self._cubes: dict[str, NDArray[np.floating]] = {}

    @property
    def wavelengths_nm(self) -> list[float]:
        """The centres of the bands in nanometres."""
        path = self.folder / "wavelengths.csv"
        with read_product(path), open(path, newline="", encoding="utf-8") as file:
            wavelengths = [float(row["wavelength_nm"]) for row in csv.DictReader(file)]
            counts = {int(row["bands"]) for row in self.rows if row.get("bands")}
            if not wavelengths or counts - {len(wavelengths)}:
                raise ValueError(
                    f"{len(wavelengths)} wavelengths for {max(counts, default=0)} bands"
                )
            return wavelengths

    def _find_row(self, scene: str) -> dict[str, str]:
        if scene not in self._row:
            raise ValueError(
                f"{self.folder}/scenes.csv: has no scene {scene}; delete it and run the same "
                "command again"
            )
        return self._row[scene]

    def _read_number(
        self, row: Mapping[str, str], key: str, kind: Callable[[str], Number]
    ) -> Number:
        try:
            return kind(row[key])
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"{self.folder}/scenes.csv: {row['scene']}: {key}: {row.get(key)} is no number; "
                "delete the table and run the same command again"
            ) from None

    def scenes(self, split: str | None = None) -> list[str]:
        """The scenes of a split, in the order of the manifest.

        Args:
            split: a split of the manifest; `held_out`, a random selection of training scenes that
                a training leaves out so that an ensemble can be fitted to them; or None for the
                scenes of all splits.

        Raises:
            ValueError: the split has no scene.
        """
        names = [row["scene"] for row in self.rows if split in (None, row["split"])]
        if names:
            return names
        if split == HELD_OUT:
            training_scenes = self.scenes("train")
            remaining = keep_scenes(training_scenes, HELD_OUT_DRAW)
            return [scene for scene in training_scenes if scene not in remaining]
        splits = sorted({row["split"] for row in self.rows})
        raise ValueError(
            f"{self.folder}/scenes.csv: no scene is in split {split}; "
            f"the splits are {', '.join(splits)}"
        )

    def size(self, scene: str) -> tuple[int, int]:
        """Rows and columns of a scene, from the manifest."""
        row = self._find_row(scene)
        return self._read_number(row, "rows", int), self._read_number(row, "columns", int)

    def cube(self, scene: str) -> NDArray[np.float32]:
        """The cube of a scene, (bands, rows, columns), float32.

        It is a read-only memory map if it is stored as float32.

        Raises:
            ValueError: the cube of the scene was not published.
        """
        cube = self.bands_last(scene)
        if cube.dtype != np.float32:
            cube = cube.astype(np.float32)
        return np.moveaxis(cube, -1, 0)

    def bands_last(self, scene: str) -> NDArray[np.floating]:
        """The cube of a scene as it is stored, (rows, columns, bands), float32 or float16.

        Raises:
            ValueError: the cube of the scene was not published.
        """
        if scene not in self._cubes:
            if not self.has_cube(scene):
                raise ValueError(
                    f"{self.folder}/scenes.csv: {scene} has no published cube; "
                    "reconstruct it, but do not train or score with it"
                )
            path = self.folder / self._find_row(scene)["path"]
            with read_product(path):
                self._cubes[scene] = np.load(path, mmap_mode="r", allow_pickle=False)
        return self._cubes[scene]

    def original_cube(self, scene: str) -> NDArray[np.float32]:
        """The cube of a scene before a condition changed it, (bands, rows, columns), float32."""
        origin = self._find_row(scene).get(ORIGIN)
        if not origin:
            return self.cube(scene)
        path = self.folder / origin
        with read_product(path):
            cube = np.load(path, mmap_mode="r", allow_pickle=False)
        return np.moveaxis(cube.astype(np.float32), -1, 0)

    def has_cube(self, scene: str) -> bool:
        """Whether the cube of a scene is stored; test scenes of a challenge have pictures only."""
        return bool(self._find_row(scene)["path"])

    def norm_factor(self, scene: str) -> float:
        """The factor that undoes the normalisation of a cube.

        Returns:
            The divisor that the file of the cube states, relative to the median divisor of the
            training scenes; 1 if the file states none.
        """
        row = self._find_row(scene)
        if not row.get("norm_factor"):
            return 1.0
        return self._read_number(row, "norm_factor", float) / self._median_norm_factor

    @cached_property
    def _median_norm_factor(self) -> float:
        rows = [row for row in self.rows if row["norm_factor"]]
        rows = [row for row in rows if row["split"] == "train"] or rows
        return float(np.median([self._read_number(row, "norm_factor", float) for row in rows]))

    @property
    def common_maximum(self) -> float | None:
        """The median maximum of the training cubes if nine of ten are within 1 % of it, else None.

        Every training cube of ARAD-1K is normalised to the same maximum; a few damaged cubes do not
        change this.
        """
        maxima = [
            self._read_number(row, "maximum", float)
            for row in self.rows
            if row["split"] == "train" and row["maximum"]
        ]
        if not maxima:
            return None
        median = float(np.median(maxima))
        close = [abs(maximum - median) <= COMMON_WITHIN * median for maximum in maxima]
        return median if sum(close) >= COMMON_SHARE * len(maxima) else None


def join_stores(first: Store, others: Mapping[str, Store]) -> Store:
    """Add the training cubes of other data sets to a data set.

    Args:
        first: the data set; its folder, splits and wavelengths remain.
        others: other data sets by name; all have the bands of `first`. Their training scenes are
            called `{data set}/{scene}`.

    Raises:
        ValueError: the bands of another data set differ.
    """
    bands, rows = first.wavelengths_nm, list(first.rows)
    for name, other in others.items():
        other_bands = other.wavelengths_nm
        if len(bands) != len(other_bands) or not np.allclose(bands, other_bands, atol=0.5):
            raise ValueError(
                f"extra_datasets: {name} has {len(other_bands)} bands from {other_bands[0]:g} to "
                f"{other_bands[-1]:g} nm, {first.folder.name} has {len(bands)} from {bands[0]:g} "
                f"to {bands[-1]:g} nm; remove {name}"
            )
        folder = other.folder.resolve()
        rows += [
            {
                **row,
                "scene": f"{name}/{row['scene']}",
                "path": str(folder / row["path"]),
                "norm_factor": "",  # not comparable with the divisors of the first data set
            }
            for row in other.rows
            if row["split"] == "train" and row["path"]
        ]
    return Store.from_rows(first.folder, rows)


def keep_scenes(scenes: Sequence[str], hold_out: Mapping[str, Any] | None) -> list[str]:
    """The training scenes that remain when a phase holds some out.

    Args:
        scenes: all training scenes.
        hold_out: the `share` of scenes to leave out (at least one scene, never all of them) and
            the `seed` of their selection; None keeps all scenes.

    Example:
        >>> keep_scenes(["a", "b", "c", "d"], {"share": 0.25, "seed": 0})
        ['a', 'b', 'd']
    """
    if hold_out is None:
        return list(scenes)
    count = min(max(1, round(hold_out["share"] * len(scenes))), len(scenes) - 1)
    held_out = np.random.default_rng(hold_out["seed"]).permutation(len(scenes))[:count]
    return [scene for i, scene in enumerate(scenes) if i not in held_out]
