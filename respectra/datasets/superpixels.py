"""SLIC labels at several scales: HPRN's semantic prior.

The back ends find different partitions (normalised mutual information about 0.7), so the choice
stands in the method's YAML and neither replaces the other in silence.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def label_superpixels(
    pixels: NDArray[np.uint8],
    *,
    segments: Sequence[int],
    backend: str,
    compactness: float,
) -> NDArray[np.int16]:
    """One label map per requested number of segments; labels count from 1.

    Args:
        pixels: (rows, columns, 3), what the network sees: a patch in training, the whole image
            in testing.
        segments: how many superpixels to ask for at each scale; fewer may be found.
        backend: `fast_slic`, or `skimage` as HPRN's public code has it.
        compactness: the weight of distance against colour; 10 in both libraries.

    Returns:
        (scales, rows, columns).

    References:
        [achanta2012slic]; [wu2023hprn], section III-D.
    """
    slic = {"fast_slic": _fast_slic, "skimage": _skimage}[backend]
    pixels = np.ascontiguousarray(pixels)
    return np.stack([slic(pixels, count, compactness) for count in segments]).astype(np.int16)


def _fast_slic(pixels: NDArray[np.uint8], count: int, compactness: float) -> NDArray[np.int16]:
    try:
        from fast_slic import Slic
    except ImportError:
        raise ValueError(
            "superpixels: fast_slic is not installed; `make setup` installs it, "
            "or choose backend: skimage in the method's file"
        ) from None
    # One thread: with more it spins, and is slower on a busy machine.
    slic = Slic(num_components=count, compactness=compactness, num_threads=1)
    return slic.iterate(pixels) + 1


def _skimage(pixels: NDArray[np.uint8], count: int, compactness: float) -> NDArray[np.int16]:
    from skimage.segmentation import slic

    return slic(pixels, n_segments=count, compactness=compactness, start_label=1)
