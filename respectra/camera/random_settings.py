"""A camera with unknown settings: brightness, noise and compression are drawn for each picture."""

import numpy as np
from numpy.typing import NDArray

from respectra.camera.bits import truncate
from respectra.camera.exposure import to_mean
from respectra.camera.jpeg import compress
from respectra.camera.noise import photons
from respectra.pictures import read_rgb

# The public sample of the challenge's camera uses a mean of 0.18, 750 electrons and a quality of
# 65. The ranges of the challenge itself were not published.
MEAN = 0.18
MEAN_FACTOR = 2.0  # the mean lies between MEAN / 2 and MEAN * 2
ELECTRONS = (250.0, 2000.0)
QUALITY = (50, 90)
TRIES = 8  # pictures that are made until one is clipped, or not clipped, as requested
STEP = 1.5  # factor of the brightness between two tries


def photograph_signal(
    signal: NDArray[np.floating], rng: np.random.Generator, *, clipped: bool | None = None
) -> NDArray[np.uint8]:
    """Photograph a signal with random settings.

    Args:
        signal: (3, rows, columns), the projection of a cube.
        rng: draws the settings and the noise.
        clipped: whether a value of the picture must reach 255, or must not; None allows both. The
            brightness is changed up to seven times; if that is not enough, the last picture is
            returned.

    Returns:
        (3, rows, columns).

    References:
        The inputs of team MIALGO: [arad2022ntire], section 6.2.
    """
    mean = MEAN * float(np.exp(rng.uniform(-np.log(MEAN_FACTOR), np.log(MEAN_FACTOR))))
    electrons, quality = float(rng.uniform(*ELECTRONS)), int(rng.integers(*QUALITY))
    for _ in range(TRIES):
        exposed = to_mean(photons(signal, rng, electrons=electrons), mean=mean)
        file = compress(truncate(exposed, bits=8), quality=quality, subsampling="4:2:0")
        pixels = read_rgb(file).astype(np.uint8)  # of a JPEG
        if clipped is None or (pixels.max() == 255) == clipped:
            break
        mean = min(mean * (STEP if clipped else 1 / STEP), 1.0)
    return pixels
