"""Which pixels, in which order, flipped how.

A batch is a function of the seed, the phase and the iteration alone. So nothing of the order needs
saving, a resumed run meets the patches it would have met, and workers cannot change them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from respectra.camera.exposure import draw_gain
from respectra.camera.illuminant import draw_light, relight
from respectra.camera.observations import Observations, scale_values, value_range
from respectra.camera.random_settings import photograph_signal
from respectra.camera.response import project
from respectra.datasets.store import Store, count_windows
from respectra.datasets.superpixels import label_superpixels

ORDER, PLACE, AUGMENT, LIGHT = 0, 1, 2, 3  # streams of randomness that do not meet


class Patches(Dataset[dict[str, Tensor]]):
    """Batches of patches, streamed from the memory maps.

    Args:
        store: the cubes.
        observations: the pixels.
        scenes: which scenes to draw from.
        inputs: the method's `inputs`: the scale of rgb, and superpixels if it wants them.
        phase: the recipe's phase: patch, stride (None: random places), batch, augment.
        seed: of the run.
        number: of the phase.
        estimate: gives the cube that a network begins with, where `inputs` ask for one.

    Raises:
        ValueError: a patch does not fit a scene.
    """

    def __init__(
        self,
        store: Store,
        observations: Observations,
        scenes: Sequence[str],
        *,
        inputs: Mapping[str, Any],
        phase: Mapping[str, Any],
        seed: int,
        number: int,
        estimate: Callable[[str, NDArray[np.float32]], NDArray[np.float32]] | None = None,
    ) -> None:
        self.store, self.observations, self.scenes = store, observations, list(scenes)
        self.inputs, self.seed, self.number, self.estimate = inputs, seed, number, estimate
        self.patch, self.stride, self.batch = phase["patch"], phase["stride"], phase["batch"]
        self.augment, self.iterations = phase["augment"], phase["iterations"]
        self.unnormalised = phase.get("cubes") == "unnormalised"
        for scene in self.scenes:
            if min(store.size(scene)) < self.patch:
                rows, columns = store.size(scene)
                raise ValueError(
                    f"{scene}: a patch of {self.patch} does not fit {rows}×{columns}; "
                    "choose a smaller patch in the recipe or the budget"
                )
        self.only = phase.get("only")
        if self.only and "simulate" not in self.augment:
            raise ValueError(
                f"only: {self.only}: chooses among pictures that augment: simulate makes"
            )
        grids = [count_windows(*store.size(s), self.patch, self.stride or 1) for s in self.scenes]
        self.across = [columns for _, columns in grids]
        self.ends = np.cumsum([rows * columns for rows, columns in grids])
        self._shuffled: tuple[int, NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self.iterations

    def __getitem__(self, iteration: int) -> dict[str, Tensor]:
        """A batch: `rgb` (n, 3, p, p), `cube` (n, bands, p, p), perhaps `superpixels` and
        an `estimate` (n, bands, p, p)."""
        size, bands = self.patch, len(self.store.bands_last(self.scenes[0])[0, 0])
        rgb = np.empty((self.batch, size, size, 3), np.float32)
        cube = np.empty((self.batch, size, size, bands), np.float32)
        prior = dict(self.inputs.get("superpixels") or {})
        labels = (
            np.empty((self.batch, len(prior["segments"]), size, size), np.int64) if prior else None
        )
        begun = None if self.estimate is None else np.empty_like(cube)
        turns = self._rng(AUGMENT, iteration)
        for i, index in enumerate(self._indices(iteration)):
            scene, row, column = self._place(int(index))
            window = slice(row, row + size), slice(column, column + size)
            rotate = int(turns.integers(4)) if "rotate" in self.augment else 0
            across, down = turns.random(2) < 0.5 if "flip" in self.augment else (False, False)
            pixels, spectra = self._seen(scene, window, iteration, i)
            scale = self.inputs["rgb"]["scale"]
            if "simulate" in self.augment:  # a picture of its own has a range of its own
                seen = scale_values(pixels, *value_range(pixels, scale))
            else:
                seen = self.observations.scale_pixels(pixels, scene, scale)
            rgb[i] = turn(seen, rotate, across, down)
            cube[i] = turn(spectra, rotate, across, down)
            if begun is not None and self.estimate is not None:
                guess = self.estimate(scene, np.moveaxis(pixels / np.float32(255), -1, 0))
                begun[i] = turn(np.moveaxis(guess, 0, -1), rotate, across, down)
            if labels is not None:
                found = label_superpixels(np.minimum(pixels, 255).astype(np.uint8), **prior)
                labels[i] = np.moveaxis(
                    turn(np.moveaxis(found, 0, -1), rotate, across, down), -1, 0
                )
        # (n, rows, columns, channels) seen as (n, channels, rows, columns) is channels-last
        batch = {"rgb": torch.from_numpy(rgb).permute(0, 3, 1, 2)}
        batch["cube"] = torch.from_numpy(cube).permute(0, 3, 1, 2)
        if begun is not None:
            batch["estimate"] = torch.from_numpy(begun).permute(0, 3, 1, 2)
        if prior:
            batch["superpixels"] = torch.from_numpy(labels)
        return batch

    def _seen(
        self, scene: str, window: tuple[slice, slice], iteration: int, place: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The patch's pixels, 0 to 255, and its spectra, perhaps under another light or gain."""
        if "simulate" in self.augment:  # and other data sets' cubes have no observations here
            pixels = np.full((self.patch, self.patch, 3), 128, np.float32)
        else:
            pixels = self.observations.pixels(scene)[window].astype(np.float32)
        spectra = self.store.bands_last(scene)[window].astype(np.float32, copy=False)
        if self.unnormalised:
            spectra = spectra * np.float32(self.store.norm_factor(scene))
        rng = self._rng(LIGHT, iteration, place)
        if "relight" in self.augment:
            light = draw_light(spectra.shape[-1], rng)
            rgb, spectra = relight(pixels / 255, spectra, light, self.observations.response)
            pixels = rgb * 255
        if "simulate" in self.augment:  # a scene of its own, as bright as cubes are
            spectra = spectra / spectra.max()
            signal = project(np.moveaxis(spectra, -1, 0), self.observations.response)
            clipped = None if self.only is None else self.only == "clipped"
            pixels = np.moveaxis(photograph_signal(signal, rng, clipped=clipped), 0, -1).astype(
                np.float32
            )
        # What is scaled by the image's own range looks the same at every gain; what is simulated
        # was exposed at random.
        fixed = "simulate" in self.augment or self.inputs["rgb"]["scale"] != "unit"
        if "expose" in self.augment and not fixed:
            gain = np.float32(draw_gain(rng))
            pixels, spectra = pixels * gain, spectra * gain
        return pixels, spectra

    def _indices(self, iteration: int) -> NDArray[np.int64]:
        """The batch's patches as numbers on the grid, row-major, scene after scene."""
        count = int(self.ends[-1])
        if self.stride is None:
            return self._rng(PLACE, iteration).integers(count, size=self.batch)
        # Every patch once in a pass; what does not fill a batch is dropped.
        used = count - count % self.batch if count >= self.batch else count
        positions = iteration * self.batch + np.arange(self.batch)
        passes, places = np.divmod(positions, used)
        return np.array([self._pass(int(n))[p] for n, p in zip(passes, places, strict=True)])

    def _pass(self, number: int) -> NDArray[np.int64]:
        if self._shuffled is None or self._shuffled[0] != number:
            order = self._rng(ORDER, number).permutation(int(self.ends[-1]))
            self._shuffled = number, order
        return self._shuffled[1]

    def _place(self, index: int) -> tuple[str, int, int]:
        scene = int(np.searchsorted(self.ends, index, side="right"))
        within = index - (int(self.ends[scene - 1]) if scene else 0)
        row, column = divmod(within, self.across[scene])
        step = self.stride or 1
        return self.scenes[scene], row * step, column * step

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.number, *stream])


def turn(patch: NDArray[Any], rotate: int, across: bool, down: bool) -> NDArray[Any]:
    """Rotate by quarters, then mirror: (rows, columns, …), a view.

    Example:
        >>> turn(np.array([[1, 2], [3, 4]]), 1, False, True)
        array([[1, 3],
               [2, 4]])
    """
    patch = np.rot90(patch, rotate)
    patch = patch[:, ::-1] if across else patch
    return patch[::-1] if down else patch
