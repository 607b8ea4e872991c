"""Batches of patches: which pixels, in which order, under which augmentation.

A batch is a function of the seed, the phase and the iteration alone. So the order needs no saved
state, a resumed training receives the same patches, and the number of workers has no influence.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from respectra.camera.exposure import draw_exposure, draw_gain, expose_pixels
from respectra.camera.illuminant import draw_light, relight
from respectra.camera.random_settings import photograph_signal
from respectra.camera.response import project
from respectra.datasets.read_ahead import ReadAhead
from respectra.datasets.store import Store
from respectra.inputs import InputAssembler
from respectra.lengths import count_windows, read_patch
from respectra.plan_types import RunPhase

TRANSPOSED = 1024  # pixels that are transposed at a time, which the processor's cache holds
ORDER, PLACE, AUGMENT, LIGHT = 0, 1, 2, 3  # independent streams of random numbers


class Patches(Dataset[dict[str, Tensor]]):
    """Batches of patches, read from the memory maps.

    Args:
        store: the cubes.
        assembler: makes the network's inputs of pixels.
        scene_names: the scenes to draw from; a repeated scene is drawn more often.
        phase: patch, stride (None: random places), batch, augment, clipping, cubes, iterations.
        seed: of the training.
        number: of the phase.
        with_gain: whether a batch contains the gain of each patch's whole scene.
        positions: of the patches of each batch that are read; None: all of them.

    Raises:
        ValueError: a patch is larger than a scene, `clipping` is set without simulation, or the
            gain of simulated pictures is required.
    """

    def __init__(
        self,
        store: Store,
        assembler: InputAssembler,
        scene_names: Sequence[str],
        *,
        phase: RunPhase,
        seed: int,
        number: int,
        with_gain: bool = False,
        positions: Sequence[int] | None = None,
    ) -> None:
        self.store, self.assembler, self.scene_names = store, assembler, list(scene_names)
        self.seed, self.number = seed, number
        self.patch, self.resize = read_patch(phase), phase["resize"]
        self.stride, self.batch = phase["stride"], phase["batch"]
        self.positions = list(range(self.batch) if positions is None else positions)
        self.augment, self.iterations = phase["augment"], phase["iterations"]
        self.unnormalised = phase["cubes"] == "unnormalised"
        self.simulated = "simulate" in self.augment
        for scene in self.scene_names:
            rows, columns = store.size(scene)
            if not self.resize and (rows < self.patch[0] or columns < self.patch[1]):
                raise ValueError(
                    f"{scene}: a patch of {describe_size(self.patch)} does not fit "
                    f"{rows}×{columns}; "
                    "choose a smaller patch in the recipe or the budget"
                )
        self.clipping = phase["clipping"]
        if self.clipping and not self.simulated:
            raise ValueError(
                f"clipping: {self.clipping}: selects simulated pictures; add simulate to augment"
            )
        sizes = [store.size(scene) for scene in self.scene_names]
        grids = [
            (1, 1) if self.resize else count_windows(*size, self.patch, self.stride or 1)
            for size in sizes
        ]
        self.grid_columns = [columns for _, columns in grids]
        self.ends = np.cumsum([rows * columns for rows, columns in grids])
        self.with_gain = with_gain
        if with_gain and self.simulated:
            raise ValueError(
                "objective: needs the gain of a scene's picture, which simulated pictures do not "
                "have; remove simulate from augment"
            )
        self._shuffled: tuple[int, NDArray[np.int64]] | None = None
        pixels = sum(store.size(scene)[0] * store.size(scene)[1] for scene in set(self.scene_names))
        self._ahead = ReadAhead(pixels * len(store.wavelengths_nm) * np.dtype(np.float32).itemsize)
        self._announced: tuple[int, ...] = ()  # iterations

    def __len__(self) -> int:
        return self.iterations

    def __getitem__(self, iteration: int) -> dict[str, Tensor]:
        """Return a batch of n patches of p×p pixels, those at `positions`.

        Returns:
            `rgb` (n, 3, p, p) and `cube` (n, bands, p, p), float32; perhaps `superpixels`
            (n, scales, p, p), int64, `estimate` (n, bands, p, p), and `gain` (n,), float32.
        """
        self._read_ahead(iteration)
        arrays: dict[str, NDArray[Any]] = {}
        indices, gains = self._indices(iteration), []
        turns = self._draw_turns(iteration)
        for row_of_batch, position in enumerate(self.positions):
            scene, row, column = self._locate(int(indices[position]))
            window = self._window(row, column)
            quarters, left_right, up_down, degrees = turns[position]
            pixels, spectra, exposure = self._observe(scene, window, iteration, position)
            if self.with_gain:
                gains.append(self.assembler.observations.gain(scene) * (exposure or 1.0))
            if self.resize:
                pixels, spectra = resize(pixels, self.patch), resize(spectra, self.patch)
            images = self.assembler.assemble_patch(
                scene, pixels, simulated=self.simulated, gain=exposure
            )
            if degrees is not None:
                images["rgb"] = spin(images["rgb"], degrees)
            images["cube"] = np.moveaxis(spectra.astype(np.float32, copy=False), -1, 0)
            for name, image in images.items():
                turned = turn(np.moveaxis(image, 0, -1), quarters, left_right, up_down)
                if name not in arrays:
                    arrays[name] = np.empty((len(self.positions), *turned.shape), turned.dtype)
                arrays[name][row_of_batch] = turned
        # An array (n, rows, columns, channels) permuted to (n, channels, rows, columns) is
        # channels-last in memory.
        batch = {name: torch.from_numpy(a).permute(0, 3, 1, 2) for name, a in arrays.items()}
        if "superpixels" in batch:
            batch["superpixels"] = batch["superpixels"].contiguous()
        if self.with_gain:
            batch["gain"] = torch.tensor(gains, dtype=torch.float32)
        return batch

    def _read_ahead(self, iteration: int) -> None:
        """Announce a batch, if it was not, and the one after it that this process will make."""
        worker = get_worker_info()
        later = iteration + (1 if worker is None else worker.num_workers)
        for number in (iteration, later):
            if number in self._announced or number >= self.iterations:
                continue
            indices = self._indices(number)
            for position in self.positions:
                scene, row, column = self._locate(int(indices[position]))
                rows = self._window(row, column)[0]
                self._ahead.announce(scene, self.store.bands_last(scene), rows)
        self._announced = (iteration, later)

    def _draw_turns(self, iteration: int) -> list[tuple[int, bool, bool, float | None]]:
        """Quarter turns, flips and an angle for every patch of a batch, read or not."""
        rng, turns = self._rng(AUGMENT, iteration), []
        for _ in range(self.batch):
            quarters = int(rng.integers(4)) if "rotate" in self.augment else 0
            left_right, up_down = rng.random(2) < 0.5 if "flip" in self.augment else (False, False)
            degrees = float(rng.uniform(0, 360)) if "spin" in self.augment else None
            turns.append((quarters, bool(left_right), bool(up_down), degrees))
        return turns

    def _window(self, row: int, column: int) -> tuple[slice, slice]:
        """The rows and columns of the patch at a place, or of the whole image."""
        if self.resize:
            return slice(None), slice(None)
        return slice(row, row + self.patch[0]), slice(column, column + self.patch[1])

    def _observe(
        self, scene: str, window: tuple[slice, slice], iteration: int, position: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], float | None]:
        """The patch's pixels, 0 to 255, its spectra, and a gain of the pixels alone, if any."""
        observations = self.assembler.observations
        if self.simulated:  # cubes of other data sets have no observations
            pixels = np.full((*self.patch, 3), 128, np.float32)
        else:
            pixels = observations.pixels(scene)[window].astype(np.float32)
        spectra = self.store.bands_last(scene)[window].astype(np.float32, copy=False)
        if self.unnormalised:
            spectra = spectra * np.float32(self.store.norm_factor(scene))
        rng = self._rng(LIGHT, iteration, position)
        if "relight" in self.augment:
            light = draw_light(spectra.shape[-1], rng)
            rgb, spectra = relight(pixels / 255, spectra, light, observations.response)
            pixels = rgb * 255
        if self.simulated:  # the patch is a scene of its own, normalised as cubes are
            spectra = spectra / spectra.max()
            signal = project(np.moveaxis(spectra, -1, 0), observations.response)
            clipped = None if self.clipping is None else self.clipping == "clipped"
            picture = photograph_signal(signal, rng, clipped=clipped)
            pixels = np.moveaxis(picture, 0, -1).astype(np.float32)
        # A gain has no effect on an image that is scaled by its own range, and a simulated picture
        # has a random exposure already.
        takes_gain = self.assembler.scale == "unit" and not self.simulated
        if "expose" in self.augment and takes_gain:
            gain = np.float32(draw_gain(rng))
            pixels, spectra = pixels * gain, spectra * gain
        if "gain" not in self.augment or self.simulated:
            return pixels, spectra, None
        exposure = draw_exposure(rng)
        return expose_pixels(pixels, exposure), spectra, exposure

    def _indices(self, iteration: int) -> NDArray[np.int64]:
        """The batch's patches as numbers on the grid, row-major, scene after scene."""
        count = int(self.ends[-1])
        if self.stride is None:
            return self._rng(PLACE, iteration).integers(count, size=self.batch)
        # A pass contains every patch once; patches that do not fill a batch are dropped.
        used = count - count % self.batch if count >= self.batch else count
        positions = iteration * self.batch + np.arange(self.batch)
        passes, places = np.divmod(positions, used)
        return np.array([self._shuffle(int(n))[p] for n, p in zip(passes, places, strict=True)])

    def _shuffle(self, pass_number: int) -> NDArray[np.int64]:
        """The order of all patches in one pass; the latest order is cached."""
        if self._shuffled is None or self._shuffled[0] != pass_number:
            order = self._rng(ORDER, pass_number).permutation(int(self.ends[-1]))
            self._shuffled = pass_number, order
        return self._shuffled[1]

    def _locate(self, index: int) -> tuple[str, int, int]:
        """The scene, row and column of a patch's number."""
        scene = int(np.searchsorted(self.ends, index, side="right"))
        within = index - (int(self.ends[scene - 1]) if scene else 0)
        row, column = divmod(within, self.grid_columns[scene])
        step = self.stride or 1
        return self.scene_names[scene], row * step, column * step

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.number, *stream])


def turn(patch: NDArray[Any], quarters: int, left_right: bool, up_down: bool) -> NDArray[Any]:
    """Rotate by quarters of a circle, then mirror.

    Args:
        patch: (rows, columns, …).
        quarters: counter-clockwise rotations by 90°.
        left_right: whether to mirror along the columns.
        up_down: whether to mirror along the rows.

    Returns:
        A view of the patch.

    Example:
        >>> turn(np.array([[1, 2], [3, 4]]), 1, False, True)
        array([[1, 3],
               [2, 4]])
    """
    patch = np.rot90(patch, quarters)
    patch = patch[:, ::-1] if left_right else patch
    return patch[::-1] if up_down else patch


def resize(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize an image bilinearly, as a network does at test time.

    Args:
        image: (rows, columns, channels).
        size: rows and columns of the result.
    """
    rows, columns, channels = image.shape
    pixels = image.reshape(-1, channels)
    moved = np.empty((channels, len(pixels)), np.float32)
    for start in range(0, len(pixels), TRANSPOSED):
        moved[:, start : start + TRANSPOSED] = pixels[start : start + TRANSPOSED].T
    tensor = torch.from_numpy(moved.reshape(1, channels, rows, columns))
    resized = F.interpolate(tensor, size, mode="bilinear", align_corners=False)
    return np.moveaxis(resized[0].numpy(), 0, -1)


def spin(image: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """Rotate an image about its centre, bilinearly; corners become black.

    Args:
        image: (channels, rows, columns).
        degrees: counter-clockwise.
    """
    turned = ndimage.rotate(image, degrees, axes=(2, 1), reshape=False, order=1, mode="constant")
    return np.asarray(turned, np.float32)


def describe_size(size: tuple[int, int]) -> str:
    """Return one number for a square, `rows×columns` for a rectangle."""
    return str(size[0]) if size[0] == size[1] else f"{size[0]}×{size[1]}"
