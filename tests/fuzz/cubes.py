"""Files of cubes in every format: what is stored is what the file holds, or the file is refused."""

import functools
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import scipy.io
import tifffile
from hypothesis import strategies as st

from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from tests.conftest import dataset_plan, write_folder
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

Files = dict[str, bytes]  # by their endings
WITHOUT_BANDS = (".npy", ".tif")  # formats that state no wavelengths
ENVI_TYPES = {"u1": 1, "i2": 2, "i4": 3, "f4": 4, "f8": 5, "u2": 12, "u4": 13, "i8": 14, "u8": 15}


def _write_npy(values: Any, bands: Any) -> Files:
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return {".npy": file.getvalue()}


def _write_npz(values: Any, bands: Any) -> Files:
    file = io.BytesIO()
    np.savez(file, **_name(values, bands))
    return {".npz": file.getvalue()}


def _write_mat(values: Any, bands: Any, **options: Any) -> Files:
    file = io.BytesIO()
    scipy.io.savemat(file, _name(values, bands), **options)
    return {".mat": file.getvalue()}


def _name(values: Any, bands: Any) -> dict[str, Any]:
    return {"cube": values} if bands is None else {"cube": values, "wavelengths_nm": bands}


def _write_hdf5(values: Any, bands: Any, *, matlab: bool) -> Files:
    file = io.BytesIO()
    with h5py.File(file, "w", userblock_size=512 if matlab else 0) as target:
        for name, value in _name(values, bands).items():
            stored = value.astype("S") if value.dtype.kind == "U" else value
            target[name] = stored.T if matlab else stored
            if matlab:
                target[name].attrs["MATLAB_class"] = np.bytes_("double")
    return {".mat" if matlab else ".h5": file.getvalue()}


def _write_tiff(values: Any, bands: Any, *, planes: bool) -> Files:
    file = io.BytesIO()
    options: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
    if planes:
        tifffile.imwrite(file, np.moveaxis(values, -1, 0), planarconfig="separate", **options)
    else:
        tifffile.imwrite(file, values, planarconfig="contig", **options)
    return {".tif": file.getvalue()}


def _write_envi(values: Any, bands: Any, *, interleave: str, order: int = 0) -> Files:
    kind = values.dtype.str[1:]
    if values.ndim != 3 or kind not in ENVI_TYPES:
        raise TypeError(kind)
    axes = {"bil": (0, 2, 1), "bip": (0, 1, 2), "bsq": (2, 0, 1)}[interleave]
    rows, columns, count = values.shape
    header = [
        "ENVI", f"samples = {columns}", f"lines = {rows}", f"bands = {count}", "header offset = 0",
        "file type = ENVI Standard", f"data type = {ENVI_TYPES[kind]}",
        f"interleave = {interleave}", f"byte order = {order}",
    ]  # fmt: skip
    if bands is not None:
        header.append(f"wavelength = {{{', '.join(str(band) for band in bands)}}}")
    swapped = values.astype(values.dtype.newbyteorder(">" if order else "<"))
    content = np.ascontiguousarray(np.transpose(swapped, axes)).tobytes()
    return {".hdr": "\n".join([*header, ""]).encode(), ".raw": content}


FORMATS: dict[str, Callable[[Any, Any], Files]] = {
    "npy": _write_npy,
    "npz": _write_npz,
    "mat v5": _write_mat,
    "mat v5 compressed": functools.partial(_write_mat, do_compression=True),
    "mat v7.3": functools.partial(_write_hdf5, matlab=True),
    "h5": functools.partial(_write_hdf5, matlab=False),
    "tif": functools.partial(_write_tiff, planes=False),
    "tif planes": functools.partial(_write_tiff, planes=True),
    "envi bil": functools.partial(_write_envi, interleave="bil"),
    "envi bip": functools.partial(_write_envi, interleave="bip", order=1),
    "envi bsq": functools.partial(_write_envi, interleave="bsq"),
}


def write_cube(form: str, array: str, wavelengths: str) -> Files:
    """The files of a cube; what a format cannot hold is written as text."""
    values, bands = inputs.ARRAYS[array](), inputs.WAVELENGTHS[wavelengths]
    try:
        return FORMATS[form](values, bands)
    except Exception:  # the writers of each format raise other types
        return {_ending(form): repr(values).encode()}


def _ending(form: str) -> str:
    return next(iter(FORMATS[form](inputs.ARRAYS["right"](), inputs.WAVELENGTHS["right"])))


# --- files of HDF5 that refer to others, or claim what they do not hold ----------------------------


def _write_hdf5_trick(trick: str) -> bytes:
    file, values = io.BytesIO(), inputs.ARRAYS["right"]()
    with h5py.File(file, "w") as target:
        target["wavelengths_nm"] = inputs.WAVELENGTHS["right"]
        if trick == "external link":
            target["cube"] = h5py.ExternalLink("/tmp/other.h5", "/cube")
        elif trick == "soft link":
            target["cube"] = h5py.SoftLink("/nothing")
        elif trick == "link to itself":
            target["cube"] = h5py.SoftLink("/cube")
        elif trick == "external storage":
            target.create_dataset("cube", values.shape, "u1", external=[("/etc/services", 0, 5208)])
        elif trick == "virtual":
            layout = h5py.VirtualLayout(values.shape, "f4")
            layout[:] = h5py.VirtualSource("/tmp/other.h5", "cube", values.shape)
            target.create_virtual_dataset("cube", layout)
        elif trick == "claims terabytes":
            target.create_dataset("cube", (10**5, 10**5, 31), "f4", chunks=(64, 64, 31))
        elif trick == "not written":
            target.create_dataset("cube", values.shape, "f4")
        elif trick == "group":
            target.create_group("cube")
        elif trick == "group in itself":
            target.create_group("a")["again"] = target["/"]
        elif trick == "text":
            target["cube"] = "a text"
        elif trick == "empty":
            target["cube"] = h5py.Empty("f4")
        elif trick == "compound":
            target["cube"] = np.zeros(values.shape, [("r", "f4"), ("i", "f4")])
        elif trick == "references":
            target.create_dataset("cube", (12, 14, 31), h5py.ref_dtype)
        else:
            target.create_dataset("cube", values.shape, h5py.vlen_dtype(np.float32))
    return file.getvalue()


TRICKS = (
    "external link", "soft link", "link to itself", "external storage", "virtual",
    "claims terabytes", "not written", "group", "group in itself", "text", "empty", "compound",
    "references", "lengths",
)  # fmt: skip
HEADERS = (
    b"ENVI\n", b"samples = 12\n", b"ENVI\nsamples = -1\nlines = 12\nbands = 31\ndata type = 4\n",
    b"ENVI\nsamples = 14\nlines = 12\nbands = 31\ndata type = 99\ninterleave = bsq\nbyte order = 0\n",
    b"ENVI\nsamples = 99999999\nlines = 99999999\nbands = 31\ndata type = 5\ninterleave = bil\nbyte order = 0\n",
    b"ENVI\nsamples = x\nlines = {\nbands = 31\n", b"ENVI\nwavelength = {1, 2,\n",
    b"ENVI\nsamples = 14\nlines = 12\nbands = 31\nheader offset = -5\ndata type = 4\ninterleave = bsq\nbyte order = 0\n",
    b"ENVI\nsamples = 14\nlines = 12\nbands = 31\ndata type = 4\ninterleave = bsq\nbyte order = 7\n",
)  # fmt: skip


class CubeCase(NamedTuple):
    """A scene's files, and what was written into them."""

    form: str
    array: str  # in inputs.ARRAYS; empty if the files were damaged
    wavelengths: str
    files: Files


@st.composite
def cube_files(draw: st.DrawFn) -> CubeCase:
    """Files of arrays that are no cubes, damaged files, and files that refer to others."""
    kind = draw(st.sampled_from(["array", "array", "bands", "edit", "edit", "trick"]))
    form = draw(st.sampled_from(sorted(FORMATS)))
    if kind == "trick":
        if draw(st.booleans()):
            trick = draw(st.sampled_from(TRICKS))
            ending = draw(st.sampled_from([".h5", ".mat"]))
            return CubeCase(trick, "", "right", {ending: _write_hdf5_trick(trick)})
        values = write_cube("envi bsq", "right", "right")[".raw"]
        header = draw(st.sampled_from(HEADERS))
        return CubeCase("header", "", "right", {".hdr": header, ".raw": values})
    if kind == "edit":
        files = write_cube(form, "right", "right")
        ending = draw(st.sampled_from(sorted(files)))
        edited = draw(
            st.one_of(inputs.edits(files[ending]), st.sampled_from(inputs.write_pickles()))
        )
        array = "right" if edited == files[ending] else ""
        return CubeCase(form, array, "right", {**files, ending: edited})
    arrays, bands = sorted(inputs.ARRAYS), sorted(inputs.WAVELENGTHS)
    array = draw(st.sampled_from(arrays)) if kind == "array" else "right"
    wavelengths = draw(st.sampled_from(bands)) if kind == "bands" else "right"
    return CubeCase(form, array, wavelengths, write_cube(form, array, wavelengths))


REFUSED = ("counts", "large", "percent", "bytes")


def store_cube(case: CubeCase, folder: Path) -> None:
    """A folder with one good scene and the drawn one; what is stored is what the file holds."""
    data = folder / "folder"
    write_folder(data, {"good": "train"}, size=(12, 14))
    for ending, content in case.files.items():
        (data / f"bad{ending}").write_bytes(content)
    (data / "scenes.csv").write_text("scene,split\ngood,train\nbad,valid\n")
    is_silent = set(case.files) & set(WITHOUT_BANDS) or case.wavelengths == "none"
    stated = {"wavelengths_nm": inputs.WAVELENGTHS["right"].tolist()} if is_silent else {}
    store_dataset(
        plan=dataset_plan(data, **stated), save_scenes=folder / "out/scenes.csv",
        save_cubes=folder / "out/cubes", save_wavelengths=folder / "out/wavelengths.csv",
    )  # fmt: skip
    store = Store(folder / "out/scenes.csv")
    cube = np.moveaxis(store.cube("bad"), 0, -1)
    if not (np.isfinite(cube).all() and (cube > 0).all() and cube.size):
        raise WrongError(f"a stored cube has values from {cube.min()} to {cube.max()}")
    if not np.allclose(store.wavelengths_nm, inputs.WAVELENGTHS["right"]):
        raise WrongError(f"{case.form}: the bands are {store.wavelengths_nm[:3]}…")
    if case.form in TRICKS or case.array in REFUSED:
        raise WrongError(f"{case.form}, {case.array}: is accepted, up to {cube.max():g}")
    if not case.array:
        return
    expected = inputs.ARRAYS[case.array]().astype(np.float32)
    if case.form == "tif":  # a page has no axis of length 1 before its rows
        expected = expected.reshape(expected.shape[-3:])
    if case.wavelengths == "descending" and not is_silent:
        expected = expected[..., ::-1]
    if cube.shape != expected.shape or not np.array_equal(cube, expected):
        raise WrongError(f"{case.form}, {case.array}: the stored cube is not that of the file")
