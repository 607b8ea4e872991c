"""A camera whose settings nobody knows: each photograph draws brightness, noise and compression."""

import numpy as np
from numpy.typing import NDArray

from respectra.camera.bits import truncate
from respectra.camera.exposure import to_mean
from respectra.camera.jpeg import compress
from respectra.camera.noise import photons
from respectra.pictures import read_rgb

# Around the public sample's 0.18, 750 and 65; how far the challenge's lie apart was not told.
MEAN, BRIGHTER = 0.18, 2.0
ELECTRONS = (250.0, 2000.0)
QUALITY = (50, 90)
TRIES, NUDGE = 8, 1.5


def photograph_signal(
    signal: NDArray[np.floating], rng: np.random.Generator, *, clipped: bool | None = None
) -> NDArray[np.uint8]:
    """A picture of what the channels collect, (3, rows, columns) both.

    Args:
        signal: the projection of a cube.
        rng: of the photograph.
        clipped: whether a value of the picture must reach 255, or must not; a few times the
            brightness is moved until it is so, and what then is not so is kept.

    References:
        Team MIALGO's inputs: [arad2022ntire], section 6.2.
    """
    mean = MEAN * float(np.exp(rng.uniform(-np.log(BRIGHTER), np.log(BRIGHTER))))
    electrons, quality = float(rng.uniform(*ELECTRONS)), int(rng.integers(*QUALITY))
    for _ in range(TRIES):
        exposed = to_mean(photons(signal, rng, electrons=electrons), mean=mean)
        file = compress(truncate(exposed, bits=8), quality=quality, subsampling="4:2:0")
        pixels = read_rgb(file)
        if clipped is None or (pixels.max() == 255) == clipped:
            break
        mean = min(mean * (NUDGE if clipped else 1 / NUDGE), 1.0)
    return pixels
