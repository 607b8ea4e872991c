"""RGB to spectrum: the NTIRE 2022 challenge and HPRN, every number beside the one it reproduces."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from respectra.model import Model

__version__ = "0.1.0"


def load(
    method: str = "mst_plus_plus",
    weights: "str | Path | None" = None,
    *,
    wavelengths_nm: "Sequence[float] | None" = None,
    device: str = "auto",
) -> "Model":
    """Load a trained network that reconstructs photographs.

    PyTorch is imported by this function, not with the package.

    Args:
        method: `mst_plus_plus`, or another method whose weights the package has.
        weights: a file of safetensors that `respectra weights convert` wrote, the checkpoint or
            folder of a run, or a camera that the package has weights for; None for the weights for
            ordinary photographs.
        wavelengths_nm: the centres of the bands, for a file that does not state them.
        device: `auto`, `cpu`, `cuda` or `mps`.

    Returns:
        A function of a photo: `cube = model("photo.jpg")`. `cube.values` is (bands, rows,
        columns), `cube.wavelengths_nm` has the centre of each band.

    Raises:
        ValueError: there are no such weights, or they do not fit.
    """
    from respectra.model import load_model

    return load_model(method, weights, wavelengths_nm=wavelengths_nm, device=device)
