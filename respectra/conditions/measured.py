"""Measured responses of cameras that installed packages bring."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from respectra.build import suggest

Array = NDArray[np.floating]
Curves = dict[str, tuple[Array, Array]]  # by channel: wavelengths in nanometres, and values


def load_measured(
    package: str, camera: str, columns: Sequence[str], wavelengths_nm: Sequence[float]
) -> Array:
    """The response of a camera of a package, interpolated linearly at the bands of a cube.

    Args:
        package: `colour-science` or `pyrsr`.
        camera: its name there, as in `Nikon 5100 (NPL)` or `Landsat-8 OLI_TIRS`.
        columns: the names of R, G and B there.
        wavelengths_nm: the centres of the bands.

    Returns:
        (3, bands), float64, in units of the package; 0 outside the measured wavelengths.

    Raises:
        ValueError: the package is not installed; it has no such camera or channel; or a channel is
            zero at all bands.
    """
    curves = READERS[package](camera)
    response = []
    for column in columns:
        if column not in curves:
            raise ValueError(
                f"{package}: {camera} has no {column}; {suggest(column, list(curves))}"
            )
        sampled_nm, values = curves[column]
        channel = np.interp(wavelengths_nm, sampled_nm, np.maximum(values, 0.0), left=0, right=0)
        if not channel.any():
            raise ValueError(
                f"{package}: {camera}: {column} is zero at all bands, which cover "
                f"{min(wavelengths_nm):g} to {max(wavelengths_nm):g} nm; choose another channel"
            )
        response.append(channel)
    return np.stack(response)


def _read_colour_science(camera: str) -> Curves:
    """Cameras that the National Physical Laboratory measured, with their lens and filters."""
    import colour

    cameras = colour.MSDS_CAMERA_SENSITIVITIES
    _check_known("colour-science", camera, [str(name) for name in cameras])
    measured = cameras[camera]
    wavelengths_nm = np.asarray(measured.wavelengths, dtype=float)
    columns = np.asarray(measured.values, dtype=float).T
    names = [str(label) for label in measured.labels]
    return {name: (wavelengths_nm, values) for name, values in zip(names, columns, strict=True)}


def _read_pyrsr(camera: str) -> Curves:
    """Multispectral imagers of satellites; a camera is the names of satellite and sensor."""
    try:
        from pyrsr import RelativeSpectralResponse
        from pyrsr.sensorspecs import get_LayerBandsAssignment
    except ImportError:
        raise ValueError(
            f"pyrsr: is not installed, but {camera} is one of its responses; run "
            "pip install '.[responses]', or leave the condition out"
        ) from None
    _check_known("pyrsr", camera, IMAGERS)
    satellite, sensor = camera.rsplit(" ", 1)
    bands = get_LayerBandsAssignment(satellite, sensor, no_thermal=True)
    measured = RelativeSpectralResponse(satellite, sensor, LayerBandsAssignment=bands)
    wavelengths_nm = np.asarray(measured.rsrs_wvl, dtype=float)
    return {band: (wavelengths_nm, np.asarray(measured.rsrs[band], dtype=float)) for band in bands}


def _check_known(package: str, camera: str, cameras: Sequence[str]) -> None:
    if camera not in cameras:
        raise ValueError(f"{package}: has no camera {camera}; {suggest(camera, cameras)}")


IMAGERS = (  # of pyrsr, with bands of red, green and blue light
    "Landsat-4 TM", "Landsat-5 TM", "Landsat-7 ETM+", "Landsat-8 OLI_TIRS", "Landsat-9 OLI_TIRS",
    "Sentinel-2A MSI", "Sentinel-2B MSI", "RapidEye-5 MSI", "Terra MODIS", "Aqua MODIS",
)  # fmt: skip
READERS: dict[str, Callable[[str], Curves]] = {
    "colour-science": _read_colour_science,
    "pyrsr": _read_pyrsr,
}
