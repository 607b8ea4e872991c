"""Superpixels of SLIC at several scales, the semantic prior of HPRN.

The two libraries return different partitions (their normalised mutual information is about 0.7), so
a method's YAML states the library and neither replaces the other.
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
    """Divide an image into superpixels at several scales.

    Args:
        pixels: (rows, columns, 3), the input of the network: a patch in training, the whole image
            otherwise.
        segments: number of superpixels at each scale; SLIC may return fewer, and never more than
            there are pixels.
        backend: `fast_slic`, or `skimage`, which the public code of HPRN uses.
        compactness: weight of the distance relative to colour; the default of both libraries is 10.

    Returns:
        Labels (scales, rows, columns), from 1.

    Raises:
        ValueError: the library is unknown or not installed.

    References:
        [achanta2012slic]; [wu2023hprn], section III-D.
    """
    backends = {"fast_slic": _run_fast_slic, "skimage": _run_skimage}
    if backend not in backends:
        raise ValueError(
            f"superpixels: backend: {backend} is unknown; choose one of {', '.join(backends)}"
        )
    run_slic = backends[backend]
    pixels = np.ascontiguousarray(pixels)
    return np.stack([run_slic(pixels, count, compactness) for count in segments]).astype(np.int16)


def _run_fast_slic(pixels: NDArray[np.uint8], count: int, compactness: float) -> NDArray[np.int16]:
    try:
        from fast_slic import Slic
    except ImportError:
        raise ValueError(
            "superpixels: fast_slic is not installed; run `make setup`, "
            "or set backend: skimage in the method's YAML"
        ) from None
    # Without a pixel for each component fast_slic divides by zero, which ends the process.
    components = min(count, pixels.shape[0] * pixels.shape[1])
    # One thread: fast_slic's threads wait actively and slow down a busy machine.
    slic = Slic(num_components=components, compactness=compactness, num_threads=1)
    return slic.iterate(pixels) + 1


def _run_skimage(pixels: NDArray[np.uint8], count: int, compactness: float) -> NDArray[np.int16]:
    from skimage.segmentation import slic

    return slic(pixels, n_segments=count, compactness=compactness, start_label=1)
