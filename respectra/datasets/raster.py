"""Arrays in files of ENVI and TIFF, with what they state about bands."""

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from respectra.datasets.bands import FileBands
from respectra.datasets.layout import find_envi_data
from respectra.datasets.table import read_text
from respectra.datasets.variables import IMAGE, UnreadableError, Variable, Variables, check_claim

GDAL_NODATA = 42113  # the tag of a GeoTIFF for the value of missing pixels
INTERLEAVES = {"bil": (0, 2, 1), "bip": (0, 1, 2), "bsq": (2, 0, 1)}  # of rows, columns, bands


@contextmanager
def open_envi(path: Path) -> Iterator[Variables]:
    """Open the file that a header of ENVI describes, (rows, columns, bands)."""
    from spectral.io import envi

    header, data = _read_envi_header(path), find_envi_data(path)
    if data is None:
        raise UnreadableError(
            f"describes a file with the values, {path.stem}.raw, .img, .dat or another ending, "
            "which does not exist; put it into the folder"
        )
    envi.check_compatibility(header)
    parameters = envi.gen_params(header)
    shape = (parameters.nrows, parameters.ncols, parameters.nbands)
    if min(shape) < 1 or parameters.offset < 0:
        raise UnreadableError(f"states {'×'.join(map(str, shape))} values; correct the header")
    interleave = str(header["interleave"]).lower()
    if interleave not in INTERLEAVES:
        raise UnreadableError(f"has the interleave {interleave}; it is one of bil, bip and bsq")
    dtype, actual = np.dtype(parameters.dtype), data.stat().st_size - parameters.offset
    expected = math.prod(shape) * dtype.itemsize
    if actual != expected:
        raise UnreadableError(
            f"describes {expected} bytes of values, but {data.name} has {max(actual, 0)}; "
            "correct the header or replace the file"
        )

    ignored = header.get("data ignore value")

    def read() -> NDArray[Any]:
        order = INTERLEAVES[interleave]
        stored = tuple(shape[axis] for axis in order)
        values = np.memmap(data, dtype, "r", parameters.offset, stored)
        return mark_missing(np.transpose(values, np.argsort(order)), ignored)

    variables = Variables()
    variables[IMAGE] = Variable(shape, dtype.kind, read)
    variables.bands = _describe_envi_bands(header)
    yield variables


def _read_envi_header(path: Path) -> dict[str, Any]:
    """The entries of a header by their names in lower case."""
    from spectral.io import envi

    lines = read_text(path).splitlines()
    for i, line in enumerate(lines):
        key, equals, value = line.partition("=")
        lines[i] = f"{key.lower()}{equals}{value}" if equals and "{" not in key else line
    text = "\n".join(lines).replace("µ", "u").replace("μ", "u") + "\n"
    with tempfile.NamedTemporaryFile("wb", suffix=".hdr") as file:
        file.write(text.encode("ascii", errors="replace"))
        file.flush()
        try:
            return envi.read_envi_header(file.name)
        except envi.EnviException as error:
            raise UnreadableError(f"is no header of ENVI: {' '.join(str(error).split())}") from None


def _describe_envi_bands(header: Mapping[str, Any]) -> FileBands:
    def numbers(key: str) -> list[float] | None:
        values = header.get(key)
        if values is None:
            return None
        return [float(value) for value in ([values] if isinstance(values, str) else values)]

    names = header.get("band names", ())
    scale = numbers("reflectance scale factor")
    return FileBands(
        centres=numbers("wavelength"),
        unit=header.get("wavelength units"),
        names=[names] if isinstance(names, str) else list(names),
        bad=[value == 0 for value in numbers("bbl") or []],
        scale=scale[0] if scale else None,
    )


@contextmanager
def open_tiff(path: Path) -> Iterator[Variables]:
    """Open the first image of a TIFF, (rows, columns, bands), whether its bands are planes, pages
    or samples of pixels."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        page: Any = series.keyframe
        missing: Any = page.tags.get(GDAL_NODATA)

        def read() -> NDArray[Any]:
            check_claim(series.shape, np.dtype(series.dtype).itemsize, path.stat().st_size)
            try:
                values = _put_bands_last(np.asarray(series.asarray()), series.axes)
            except ValueError as error:
                if "imagecodecs" in str(error):
                    raise UnreadableError(
                        f"has the compression {page.compression.name}; install the package "
                        "imagecodecs, or save it without compression"
                    ) from None
                raise
            return mark_missing(values, None if missing is None else str(missing.value))

        shape = tuple(series.shape)
        order = _order_bands_last(series.axes, len(shape))
        variables, kind = Variables(), np.dtype(series.dtype).kind
        variables[IMAGE] = Variable(tuple(shape[i] for i in order), kind, read)
        yield variables


def mark_missing(values: NDArray[Any], ignored: str | None) -> NDArray[Any]:
    """Put NaN in the place of the value that marks missing pixels, if the file states one."""
    try:
        mark = float(str(ignored).strip("\0 ")) if ignored is not None else math.nan
    except ValueError:
        return values
    is_missing = values == mark
    return np.where(is_missing, np.nan, values) if is_missing.any() else values


def _order_bands_last(axes: str, count: int) -> list[int]:
    """The order of axes that puts rows and columns first."""
    if count != 3 or not {"Y", "X"} <= set(axes):
        return list(range(count))
    rest = next(i for i, letter in enumerate(axes) if letter not in "YX")
    return [axes.index("Y"), axes.index("X"), rest]


def _put_bands_last(values: NDArray[Any], axes: str) -> NDArray[Any]:
    return np.transpose(values, _order_bands_last(axes, values.ndim))
