"""Writes cubes in the formats that people open, row by row, so that no whole cube is in memory."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from respectra.files import replace_atomically
from respectra.submission import USER_BLOCK_BYTES, write_mat_header

Array = NDArray[np.float32]
WriteRows = Callable[[Array], None]  # takes blocks (rows, columns, bands) from top to bottom
CHUNK = 64  # rows and columns of a chunk of HDF5
# Wavelengths that a preview shows as red, green and blue.
PREVIEW_NM = (620.0, 550.0, 460.0)
PREVIEW_QUANTILE = 0.99  # of the values, which becomes white


@dataclass(frozen=True)
class Shape:
    """The size of a cube and its bands.

    Attributes:
        rows, columns: of the photo.
        wavelengths_nm: the centre of each band.
    """

    rows: int
    columns: int
    wavelengths_nm: tuple[float, ...]

    @property
    def bands(self) -> int:
        """The number of bands."""
        return len(self.wavelengths_nm)


def list_files(stem: Path, formats: Sequence[str]) -> list[Path]:
    """Return the files of a cube in some formats, without its JSON.

    Args:
        stem: folder and name without a suffix.
        formats: keys of FORMATS.
    """
    return [stem.with_name(stem.name + suffix) for name in formats for suffix in FORMATS[name][1]]


@contextmanager
def write_cube(stem: Path, shape: Shape, formats: Sequence[str]) -> Any:
    """Open the files of a cube; they take their places when the block ends without an error.

    Args:
        stem: folder and name without a suffix.
        shape: of the cube.
        formats: keys of FORMATS.

    Yields:
        A function that takes blocks of rows, (rows, columns, bands), from top to bottom.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    with ExitStack() as stack:
        writers = []
        for name in formats:
            write_format, suffixes = FORMATS[name]
            files = [stem.with_name(stem.name + suffix) for suffix in suffixes]
            parts = [stack.enter_context(replace_atomically(file)) for file in files]
            writers.append(stack.enter_context(write_format(parts, shape)))

        def write(rows: Array) -> None:
            for writer in writers:
                writer(rows)

        yield write


def write_facts(stem: Path, shape: Shape, facts: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Write the JSON of a cube, which says that its other files are complete.

    Args:
        stem: folder and name without a suffix.
        shape: of the cube.
        facts: strings and numbers by their names.
        files: of the cube.
    """
    content = {
        "files": [file.name for file in files],
        "axes": ["rows", "columns", "bands"],
        "shape": [shape.rows, shape.columns, shape.bands],
        "wavelengths_nm": list(shape.wavelengths_nm),
        "quantity": "radiance relative to the brightest value of the scene",
        **facts,
    }
    with replace_atomically(_name_json(stem)) as part:
        text = json.dumps(content, indent=2, ensure_ascii=False)
        # A name that is not UTF-8 becomes an escape of JSON.
        part.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def is_finished(stem: Path, facts: Mapping[str, Any], files: Sequence[Path]) -> bool:
    """Return whether a cube is there, with the same facts.

    Args:
        stem: folder and name without a suffix.
        facts: strings and numbers by their names, all of which the JSON must contain.
        files: of the cube.
    """
    try:
        content = json.loads(_name_json(stem).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(content, dict) or not all(file.is_file() for file in files):
        return False
    same_files = {file.name for file in files} <= set(content.get("files", ()))
    return same_files and all(content.get(key) == value for key, value in facts.items())


def _name_json(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}.json")


@contextmanager
def _write_npy(parts: Sequence[Path], shape: Shape) -> Any:
    """NumPy: (rows, columns, bands), float32."""
    header = {
        "descr": "<f4",
        "fortran_order": False,
        "shape": (shape.rows, shape.columns, shape.bands),
    }
    with open(parts[0], "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda rows: file.write(np.ascontiguousarray(rows, "<f4").data)


@contextmanager
def _write_mat(parts: Sequence[Path], shape: Shape) -> Any:
    """MATLAB 7.3 as the challenge has it: `cube` (rows, columns, bands), and `bands` in nm."""
    with h5py.File(parts[0], "w", userblock_size=USER_BLOCK_BYTES, locking=False) as file:
        chunks = (1, min(CHUNK, shape.columns), min(CHUNK, shape.rows))
        data = file.create_dataset(
            "cube", (shape.bands, shape.columns, shape.rows), np.float32,
            chunks=chunks, compression="gzip", compression_opts=1, shuffle=True,
        )  # fmt: skip
        data.attrs["MATLAB_class"] = np.bytes_("single")
        centres = file.create_dataset("bands", data=np.array(shape.wavelengths_nm)[:, None])
        centres.attrs["MATLAB_class"] = np.bytes_("double")
        buffer, top = np.empty((0, shape.columns, shape.bands), np.float32), 0

        def write(rows: Array) -> None:
            nonlocal buffer, top
            buffer = np.concatenate([buffer, rows])
            is_last = top + len(buffer) == shape.rows
            whole = len(buffer) if is_last else len(buffer) // CHUNK * CHUNK  # whole chunks
            data[:, :, top : top + whole] = buffer[:whole].transpose(2, 1, 0)
            buffer, top = buffer[whole:].copy(), top + whole

        yield write
    write_mat_header(parts[0])


def _write_envi(interleave: str) -> Callable[[Sequence[Path], Shape], Any]:
    """ENVI: a header and the values, float32, little endian."""

    @contextmanager
    def write_format(parts: Sequence[Path], shape: Shape) -> Any:
        header, values = parts
        header.write_text(_describe_envi(shape, interleave), encoding="ascii")
        with open(values, "wb") as file:
            top = 0

            def write(rows: Array) -> None:
                nonlocal top
                if interleave == "bil":
                    file.write(np.ascontiguousarray(rows.transpose(0, 2, 1), "<f4").data)
                for band in range(shape.bands if interleave == "bsq" else 0):
                    file.seek(4 * shape.columns * (band * shape.rows + top))
                    file.write(np.ascontiguousarray(rows[..., band], "<f4").data)
                top += len(rows)

            yield write

    return write_format


def _describe_envi(shape: Shape, interleave: str) -> str:
    centres = ", ".join(f"{centre:g}" for centre in shape.wavelengths_nm)
    lines = [
        "ENVI",
        "description = {relative radiance, reconstructed from a photo by respectra}",
        f"samples = {shape.columns}",
        f"lines = {shape.rows}",
        f"bands = {shape.bands}",
        "header offset = 0",
        "file type = ENVI Standard",
        "data type = 4",
        f"interleave = {interleave}",
        "byte order = 0",
        "wavelength units = Nanometers",
        f"wavelength = {{{centres}}}",
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def _write_tiff(parts: Sequence[Path], shape: Shape) -> Any:
    """TIFF with one sample per band; the wavelengths are in its description."""
    import tifffile

    height, width = shape.rows, shape.columns
    description = {"wavelengths_nm": list(shape.wavelengths_nm)}
    tifffile.imwrite(
        parts[0], shape=(height, width, shape.bands), dtype=np.float32, photometric="minisblack",
        planarconfig="contig", description=json.dumps(description), metadata=None,
    )  # fmt: skip
    with tifffile.TiffFile(parts[0]) as opened:
        offset = opened.pages[0].dataoffsets[0]
        order = opened.byteorder
    with open(parts[0], "r+b") as file:
        file.seek(offset)
        yield lambda rows: file.write(np.ascontiguousarray(rows, f"{order}f4").data)


@contextmanager
def _write_preview(parts: Sequence[Path], shape: Shape) -> Any:
    """A PNG of three bands in the colours that they have."""
    from PIL import Image

    centres = np.array(shape.wavelengths_nm)
    bands = [int(np.abs(centres - wanted_nm).argmin()) for wanted_nm in PREVIEW_NM]
    picture = np.empty((shape.rows, shape.columns, 3), np.float16)
    top = 0

    def write(rows: Array) -> None:
        nonlocal top
        picture[top : top + len(rows)] = rows[..., bands]
        top += len(rows)

    yield write
    step = max(1, picture.size // 10**6)
    white = float(np.quantile(picture.ravel()[::step].astype(np.float32), PREVIEW_QUANTILE))
    coded = np.empty(picture.shape, np.uint8)
    for first in range(0, shape.rows, CHUNK):
        rows = picture[first : first + CHUNK].astype(np.float32)
        coded[first : first + CHUNK] = _code(rows, white)
    file = io.BytesIO()
    Image.fromarray(coded).save(file, "PNG")
    parts[0].write_bytes(file.getvalue())


def _code(rows: Array, white: float) -> NDArray[np.uint8]:
    """Linear values with the gamma of sRGB."""
    signal = np.clip(rows / white if white > 0 else rows, 0, 1)
    return np.rint(255 * signal ** (1 / 2.2)).astype(np.uint8)


# For each format its writer and the suffixes of its files.
FORMATS: dict[
    str, tuple[Callable[[Sequence[Path], Shape], AbstractContextManager[WriteRows]], list[str]]
] = {
    "npy": (_write_npy, [".npy"]),
    "mat": (_write_mat, [".mat"]),
    "envi": (_write_envi("bil"), [".hdr", ".bil"]),
    "envi-bsq": (_write_envi("bsq"), [".hdr", ".bsq"]),
    "tiff": (_write_tiff, [".tif"]),
    "png": (_write_preview, [".preview.png"]),
}
