from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from respectra.datasets.cube import read_cube
from tests.conftest import WAVELENGTHS, smooth_cube

CUBE = smooth_cube(6, 9)  # (31, 6, 9)
BANDS_LAST = np.moveaxis(CUBE, 0, -1)
ORDERS = {"bil": (1, 0, 2), "bip": (1, 2, 0), "bsq": (0, 1, 2)}  # of bands, rows, columns
TYPES = {"float32": 4, "float64": 5, "uint16": 12, "int16": 2, "uint8": 1}


def write_envi(
    folder: Path, values: NDArray[Any], order: str, *, data: str = "a.raw", **more: str
) -> Path:
    """Write a header and its data; `more` adds or changes lines of the header."""
    stored = np.ascontiguousarray(np.transpose(values, ORDERS[order]))
    folder.joinpath(data).write_bytes(stored.tobytes())
    lines = {
        "samples": str(values.shape[2]), "lines": str(values.shape[1]),
        "bands": str(values.shape[0]), "header offset": "0",
        "data type": str(TYPES[values.dtype.name]), "interleave": order.upper(),
        "byte order": "0", "wavelength units": "Nanometers",
        "wavelength": "{" + ",\n ".join(map(str, WAVELENGTHS)) + "}",
        **{key.replace("_", " "): value for key, value in more.items()},
    }  # fmt: skip
    header = folder / f"{data.partition('.')[0]}.hdr"
    text = "ENVI\ndescription = {Größe in µm}\n" + "".join(f"{k} = {v}\n" for k, v in lines.items())
    header.write_bytes(text.encode("latin-1"))
    return header


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_interleave_of_envi_is_read(interleave: str, dtype: str, tmp_path: Path) -> None:
    cube, wavelengths = read_cube(write_envi(tmp_path, CUBE.astype(dtype), interleave))
    np.testing.assert_array_equal(cube, CUBE)
    assert wavelengths == WAVELENGTHS


@pytest.mark.parametrize("data", ["a", "a.img", "a.dat", "a.bil", "a.RAW"])
def test_the_data_of_a_header_have_usual_endings(data: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_cube(write_envi(tmp_path, CUBE, "bil", data=data))[0], CUBE)


def test_entries_of_a_header_are_understood(tmp_path: Path) -> None:
    micrometres = "{" + ", ".join(f"{w / 1000:g}" for w in WAVELENGTHS) + "}"
    header = write_envi(
        tmp_path, (CUBE * 10000).astype(np.uint16), "bsq",
        wavelength=micrometres, wavelength_units="Micrometers",
        Reflectance_Scale_Factor="10000", bbl="{" + ", ".join(["0", *["1"] * 30]) + "}",
        data_ignore_value="1234",
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"a\.hdr: .* scale factor 10000; set read.maximum: 10000"):
        read_cube(header)
    cube, wavelengths = read_cube(header, maximum=10000, leave_out_bands=["bad"])
    np.testing.assert_allclose(cube, CUBE[1:], atol=1e-4)
    assert wavelengths == WAVELENGTHS[1:]
    marked = CUBE.copy()
    marked[3, 2, 1] = -9999
    header = write_envi(tmp_path, marked, "bil", data="b.raw", data_ignore_value="-9999")
    assert np.argwhere(np.isnan(read_cube(header)[0])).tolist() == [[3, 2, 1]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lines": "7"}, "describes 7812 bytes of values, but a.raw has 6696"),
        ({"lines": "0"}, "states 0×9×31 values; correct the header"),
        ({"lines": "six"}, "cannot be read"),
        ({"lines": "1" * 5000}, "cannot be read|describes"),
        ({"interleave": "bzip"}, "has the interleave bzip; it is one of bil, bip and bsq"),
        ({"data_type": "99"}, "cannot be read"),
        ({"data_type": "6"}, "describes 13392 bytes|has the data type complex64"),
        ({"wavelength": "{400, 500"}, "is no header of ENVI"),
        ({"wavelength": "{a, b}"}, "cannot be read"),
        ({"header_offset": "-5"}, "states"),
    ],
)
def test_a_wrong_header_is_named(changes: dict[str, str], message: str, tmp_path: Path) -> None:
    header = write_envi(tmp_path, CUBE, "bil", **changes)
    with pytest.raises(ValueError, match=rf"a\.hdr: {message}"):
        read_cube(header)


def test_a_header_without_data_and_other_files_are_named(tmp_path: Path) -> None:
    header = write_envi(tmp_path, CUBE, "bil")
    (tmp_path / "a.raw").unlink()
    with pytest.raises(ValueError, match=r"a\.hdr: describes a file with the values, a\.raw"):
        read_cube(header)
    header.write_bytes(b"#?RADIANCE\n" + bytes(range(1, 256)))
    with pytest.raises(ValueError, match=r"a\.hdr: is no header of ENVI"):
        read_cube(header)


@pytest.mark.parametrize("layout", ["samples", "planes", "pages", "deflate"])
def test_a_tiff_may_hold_bands_as_samples_planes_or_pages(layout: str, tmp_path: Path) -> None:
    path, options = tmp_path / "a.TIFF", {"photometric": "minisblack", "metadata": None}
    if layout in ("samples", "deflate"):
        more = {"compression": "deflate", "predictor": True} if layout == "deflate" else {}
        counts = (BANDS_LAST * 65535).astype(np.uint16)
        tifffile.imwrite(path, counts, planarconfig="contig", **options, **more)
    elif layout == "planes":
        tifffile.imwrite(path, CUBE, planarconfig="separate", **options)
    else:
        tifffile.imwrite(path, CUBE, **options)
    maximum = 65535 if layout in ("samples", "deflate") else None
    cube, _ = read_cube(path, maximum=maximum, wavelengths_nm=WAVELENGTHS)
    np.testing.assert_allclose(cube, CUBE, atol=2e-5)


def test_a_tiff_without_values_or_with_missing_ones_is_named(tmp_path: Path) -> None:
    path, whole = tmp_path / "a.tif", tmp_path / "b.tif"
    tifffile.imwrite(whole, CUBE, planarconfig="separate", photometric="minisblack")
    content = whole.read_bytes()
    for share in (0.01, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ValueError, match=r"a\.tif: cannot be read"):
            read_cube(path, wavelengths_nm=WAVELENGTHS)
    marked = BANDS_LAST.copy()
    marked[2, 1, 3] = -1
    tifffile.imwrite(path, marked, planarconfig="contig", extratags=[(42113, "s", 0, "-1", True)])
    cube, _ = read_cube(path, wavelengths_nm=WAVELENGTHS)
    assert np.argwhere(np.isnan(cube)).tolist() == [[3, 2, 1]]
