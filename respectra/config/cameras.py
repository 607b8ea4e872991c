"""`config/cameras/*.yaml`: a spectral response and the chain of parts from signal to file."""

from typing import Literal

from respectra.config.strict import Factor, Settings, Strict, Whole


class Response(Strict):
    """The spectral response of a camera."""

    file: str
    """A CSV with one row per wavelength."""
    columns: tuple[str, str, str]
    """Columns of R, G and B in that file."""
    gains: tuple[Factor, Factor, Factor] = (1.0, 1.0, 1.0)
    """Factor of each channel."""
    unit: Literal["share", "percent", "relative"] = "share"
    """Unit of the table: a share of 1, per cent, or any other."""


class Camera(Strict):
    """A camera: everything between radiance and picture file."""

    name: str
    title: str
    """Name in captions."""
    paper: str | None = None
    """Key in `docs/references.bib`."""
    departures: tuple[str, ...] = ()
    """Where this camera knowingly differs from the paper, one sentence each."""
    response: Response
    """The spectral response."""
    seed: Whole
    """Seed of the noise; each scene has its own stream."""
    chain: tuple[Settings, ...]
    """Functions of `respectra/camera/` in order; the last one writes a file."""
