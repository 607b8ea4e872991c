"""Cubes as memory maps, (rows, columns, bands) on disk: a patch costs what it holds.

Only what is touched is read, so the memory of a training does not grow with the number of scenes.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from respectra.camera import response as camera_response
from respectra.datasets.layout import HELD_OUT, HELD_OUT_DRAW


class Store:
    """The scenes of one data set as its manifest lists them.

    Args:
        scenes: the manifest `scenes.csv`; paths in it are relative to its folder.

    Raises:
        ValueError: the manifest is not one.
    """

    def __init__(self, scenes: str | Path) -> None:
        with open(scenes, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if not rows or not {"scene", "split", "path"} <= set(rows[0]):
            raise ValueError(f"{scenes}: is no manifest with scene, split and path")
        self._take(Path(scenes).parent, rows)

    @classmethod
    def of(cls, folder: Path, rows: list[dict[str, str]]) -> Self:
        """A store of a manifest's rows; paths in them are relative to the folder, or absolute."""
        store = cls.__new__(cls)
        store._take(folder, rows)
        return store

    def _take(self, folder: Path, rows: list[dict[str, str]]) -> None:
        self.folder, self.rows = folder, rows
        self._row = {row["scene"]: row for row in rows}
        self._open: dict[str, NDArray[np.floating]] = {}

    @property
    def wavelengths_nm(self) -> list[float]:
        """The bands' centres."""
        with open(self.folder / "wavelengths.csv", newline="", encoding="utf-8") as file:
            return [float(row["wavelength_nm"]) for row in csv.DictReader(file)]

    def scenes(self, split: str | None = None) -> list[str]:
        """The scenes of a split, in the manifest's order; of every split when none is named.

        Split `held_out` is a draw from the training scenes, which some trainings leave out so that
        something else can be fitted to them.

        Raises:
            ValueError: no scene is in the split.
        """
        found = [row["scene"] for row in self.rows if split in (None, row["split"])]
        if split == HELD_OUT and not found:
            trained = self.scenes("train")
            stay = kept(trained, HELD_OUT_DRAW)
            return [scene for scene in trained if scene not in stay]
        if not found:
            splits = sorted({row["split"] for row in self.rows})
            raise ValueError(
                f"{self.folder}/scenes.csv: no scene is in split {split}; "
                f"there are {', '.join(splits)}"
            )
        return found

    def size(self, scene: str) -> tuple[int, int]:
        """Rows and columns, without opening the cube."""
        row = self._row[scene]
        return int(row["rows"]), int(row["columns"])

    def cube(self, scene: str) -> NDArray[np.float32]:
        """A scene's cube, (bands, rows, columns): a read-only memory map if stored as float32."""
        cube = self.bands_last(scene)
        if cube.dtype != np.float32:
            cube = cube.astype(np.float32)
        return np.moveaxis(cube, -1, 0)

    def has_cube(self, scene: str) -> bool:
        """Whether a scene's cube is known; of a challenge's test scenes only pictures are."""
        return bool(self._row[scene]["path"])

    def norm_factor(self, scene: str) -> float:
        """What undoes a cube's normalisation, so that bright scenes are brighter than dark ones.

        It is what the cube was divided by, over the training scenes' median of that; 1 where the
        files do not say.
        """
        own = self._row[scene].get("norm_factor")
        return float(own) / self._typical if own else 1.0

    @cached_property
    def _typical(self) -> float:
        told = {r["scene"]: float(r["norm_factor"]) for r in self.rows if r["norm_factor"]}
        trained = [told[row["scene"]] for row in self.rows if row["split"] == "train"
                   and row["scene"] in told]  # fmt: skip
        return float(np.median(trained or list(told.values())))

    @property
    def common_maximum(self) -> float | None:
        """The greatest value that every training cube has, as ARAD-1K's have one; None where they
        differ by more than a hundredth."""
        told = [float(r["maximum"]) for r in self.rows if r["split"] == "train" and r["maximum"]]
        return max(told) if told and min(told) >= 0.99 * max(told) else None

    def bands_last(self, scene: str) -> NDArray[np.floating]:
        """The same as it lies on disk, (rows, columns, bands), float32 or float16.

        Raises:
            ValueError: nobody published the scene's cube.
        """
        if scene not in self._open:
            if not self.has_cube(scene):
                raise ValueError(
                    f"{scene}: its cube was never published; it can be reconstructed, not scored"
                )
            path = self.folder / self._row[scene]["path"]
            self._open[scene] = np.load(path, mmap_mode="r", allow_pickle=False)
        return self._open[scene]


def joined(first: Store, others: Mapping[str, Store]) -> Store:
    """A data set with the training cubes of others beside its own, called `{data set}/{scene}`.

    Args:
        first: the data set whose folder, other splits and wavelengths these are.
        others: by name, all with the same bands.

    Raises:
        ValueError: another data set has other bands.
    """
    own, rows = first.wavelengths_nm, list(first.rows)
    for name, other in others.items():
        theirs = other.wavelengths_nm
        if len(own) != len(theirs) or not np.allclose(own, theirs, atol=0.5):
            raise ValueError(
                f"beside: {name} has {len(theirs)} bands from {theirs[0]:g} to {theirs[-1]:g} nm, "
                f"{first.folder.name} has {len(own)} from {own[0]:g} to {own[-1]:g}"
            )
        place = other.folder.resolve()
        rows += [
            {
                **row,
                "scene": f"{name}/{row['scene']}",
                "path": str(place / row["path"]),
                "norm_factor": "",  # theirs is no share of the first data set's
            }
            for row in other.rows
            if row["split"] == "train" and row["path"]
        ]
    return Store.of(first.folder, rows)


class Observations:
    """The decoded observations of one data set, as memory maps of uint8.

    Args:
        folder: what the camera step wrote.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._open: dict[str, NDArray[np.uint8]] = {}
        self._range: dict[tuple[str, str], tuple[float, float]] = {}
        self._response: NDArray[np.floating] | None = None

    def pixels(self, scene: str) -> NDArray[np.uint8]:
        """(rows, columns, 3)."""
        if scene not in self._open:
            path = self.folder / f"{scene}.npy"
            self._open[scene] = np.load(path, mmap_mode="r", allow_pickle=False)
        return self._open[scene]

    @property
    def response(self) -> NDArray[np.floating]:
        """The camera's response at the data set's bands, (3, bands): the file beside the folder."""
        if self._response is None:
            self._response = camera_response.read(self.folder.with_name("response.csv"))
        return self._response

    def rgb(
        self, scene: str, scale: str, window: tuple[slice, slice] = (slice(None), slice(None))
    ) -> NDArray[np.float32]:
        """An observation, or a window of it, as a network sees it: (3, rows, columns).

        Args:
            scene: its name.
            scale: `unit` divides by 255; `per_image` maps the whole image's least and greatest
                value to 0 and 1; `max` divides by the whole image's greatest value.
            window: rows and columns to take; the range is the whole image's all the same.
        """
        window_pixels = np.moveaxis(self.pixels(scene)[window], -1, 0).astype(np.float32)
        return self.scaled(window_pixels, scene, scale)

    def scaled(self, pixels: NDArray[np.float32], scene: str, scale: str) -> NDArray[np.float32]:
        """Values of 0 to 255 as a network sees them beside the scene's other pixels."""
        if (scene, scale) not in self._range:
            self._range[scene, scale] = value_range(self.pixels(scene), scale)
        return scaled(pixels, *self._range[scene, scale])


def kept(scenes: Sequence[str], hold_out: Mapping[str, Any] | None) -> list[str]:
    """The training scenes that a phase sees.

    Args:
        scenes: all of them.
        hold_out: the `share` to leave out, at least one scene and never all, and the draw's `seed`.

    Example:
        >>> kept(["a", "b", "c", "d"], {"share": 0.25, "seed": 0})
        ['a', 'b', 'd']
    """
    if hold_out is None:
        return list(scenes)
    count = min(max(1, round(hold_out["share"] * len(scenes))), len(scenes) - 1)
    out = np.random.default_rng(hold_out["seed"]).permutation(len(scenes))[:count]
    return [scene for i, scene in enumerate(scenes) if i not in out]


def clipped(pictures: str | Path) -> dict[str, bool]:
    """Whether each scene's picture is clipped, by the camera's table `scenes.csv`."""
    with open(pictures, newline="", encoding="utf-8") as file:
        return {row["scene"]: row["clipped"] == "yes" for row in csv.DictReader(file)}


def value_range(pixels: NDArray[Any], scale: str) -> tuple[float, float]:
    """Which values of an image become 0 and 1, by a scale as in `Observations.rgb`."""
    if scale == "unit":
        return 0.0, 255.0
    low = float(pixels.min()) if scale == "per_image" else 0.0
    high = float(pixels.max())
    return (low, high) if high > low else (0.0, 255.0)  # an image of one value stays as it is


def scaled(pixels: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Values from low to high as 0 to 1."""
    return (pixels - np.float32(low)) / np.float32(high - low)


def windows(rows: int, columns: int, size: int, stride: int) -> tuple[int, int]:
    """How many patches a grid of `stride` has down and across.

    Example:
        >>> windows(482, 512, 128, 8)
        (45, 49)
    """
    return (rows - size) // stride + 1, (columns - size) // stride + 1
