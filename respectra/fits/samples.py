"""Pixels of the training scenes for methods that reconstruct each pixel from its own colour."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.reconstructions import Cubes

Array = NDArray[np.floating]
PixelMap = Callable[[Array], Array]  # colours (n, 3) → spectra (n, bands)
HELD_OUT_EVERY = 4  # every fourth training scene compares settings


@dataclass(frozen=True)
class Samples:
    """Colours and spectra of training pixels.

    Attributes:
        rgb: (n, 3), values of the observation divided by 255.
        spectra: (n, bands).
        scenes: the number of each pixel's training scene, (n,).
    """

    rgb: Array
    spectra: Array
    scenes: NDArray[np.intp]

    def select(self, chosen: NDArray[np.bool_]) -> "Samples":
        """The pixels that a mask selects."""
        return Samples(self.rgb[chosen], self.spectra[chosen], self.scenes[chosen])

    def divide(self) -> "tuple[Samples, Samples]":
        """The pixels of three quarters of the scenes, and of the rest; of one scene, twice all."""
        held_out = self.scenes % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        if not held_out.any():
            return self, self
        return self.select(~held_out), self.select(held_out)


def draw_samples(
    store: Store, observations: Observations, count: int, rng: np.random.Generator
) -> Samples:
    """Draw pixels of each training scene.

    Args:
        store: the data set.
        observations: of the data set.
        count: pixels of a scene; of a smaller scene all.
        rng: draws the pixels.
    """
    rgb, spectra, numbers = [], [], []
    for i, scene in enumerate(store.scenes("train")):
        pixels = observations.pixels(scene).reshape(-1, 3)
        places = np.sort(rng.choice(len(pixels), min(count, len(pixels)), replace=False))
        cube = store.bands_last(scene)
        rgb.append(pixels[places] / 255)
        spectra.append(cube.reshape(len(pixels), -1)[places].astype(np.float64))
        numbers.append(np.full(len(places), i))
    return Samples(np.concatenate(rgb), np.concatenate(spectra), np.concatenate(numbers))


def apply_to_pixels(
    store: Store, observations: Observations, split: str, pixel_map: PixelMap
) -> Cubes:
    """Reconstruct every scene of a split, each colour of a scene once.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes.
        pixel_map: takes colours (n, 3) and returns spectra (n, bands).

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    for scene in store.scenes(split):
        pixels = observations.pixels(scene)
        colours, positions = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
        spectra = pixel_map(colours / 255).astype(np.float32)
        yield scene, np.moveaxis(spectra[positions.reshape(pixels.shape[:2])], -1, 0)
