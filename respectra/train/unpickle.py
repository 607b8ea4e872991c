"""Reads the tensors of a pickle without running its code.

Some authors publish a whole network, pickled with its class. Every class and function that such a
file names becomes an inert stand-in here; only tensors, containers, numbers and strings are read.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # files of PyTorch before 1.6 begin with this number
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
}


class StandIn:
    """An object of a class that is not known here: it holds its state and does nothing.

    Attributes:
        state: what the pickle gives the object, usually its attributes by name.
    """

    state: Any

    def __new__(cls, *arguments: Any, **settings: Any) -> "StandIn":
        """Ignore all arguments."""
        instance = super().__new__(cls)
        instance.state = {}
        return instance

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        return

    def __call__(self, *arguments: Any, **settings: Any) -> "StandIn":
        """Return another stand-in: a pickle may call what it has built."""
        return StandIn()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def append(self, item: Any) -> None:
        """Ignore an item of a list."""

    def extend(self, items: Any) -> None:
        """Ignore items of a list."""

    def add(self, item: Any) -> None:
        """Ignore an item of a set."""

    def __setitem__(self, key: Any, value: Any) -> None:
        return


def read_pickle(path: str | Path) -> tuple[Any, list[str]]:
    """Read a file of PyTorch, of any version, with stand-ins for all classes.

    Args:
        path: the file.

    Returns:
        Its content: containers, numbers, strings, tensors on the CPU and `StandIn`s; and the
        names of the classes and functions that have stand-ins.

    Raises:
        ValueError: the file is incomplete or is no pickle.
    """
    names: list[str] = []
    try:
        if zipfile.is_zipfile(path):
            return _read_zip(path, names), names
        return _read_legacy(path, names), names
    except MemoryError:
        raise ValueError(f"{path}: states sizes that do not fit into memory") from None
    except Exception as error:  # a damaged pickle can raise any of a dozen errors
        detail = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path}: is no checkpoint, or incomplete: {detail}") from error


def list_tensors(module: StandIn) -> dict[str, Tensor]:
    """Return the state dict of a pickled network.

    Args:
        module: the stand-in of the network.

    Returns:
        Its parameters and buffers by their dotted names, in the network's order.
    """
    return dict(_walk(module, "", set()))


def _walk(module: Any, prefix: str, visited: set[int]) -> Iterator[tuple[str, Tensor]]:
    state = module.state if isinstance(module, StandIn) else None
    if not isinstance(state, Mapping) or id(module) in visited:
        return
    visited = visited | {id(module)}  # a module in two places has its tensors under both names
    ignored = state.get("_non_persistent_buffers_set")
    for group in ("_parameters", "_buffers"):
        for name, tensor in _entries(state.get(group)):
            skipped = group == "_buffers" and isinstance(ignored, set) and name in ignored
            if isinstance(tensor, Tensor) and not skipped:
                yield prefix + name, tensor
    for name, child in _entries(state.get("_modules")):
        yield from _walk(child, f"{prefix}{name}.", visited)


def _entries(group: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(group, Mapping):
        yield from ((name, value) for name, value in group.items() if isinstance(name, str))


class _Reader(pickle.Unpickler):
    """An unpickler that imports nothing.

    Args:
        file: the pickle.
        limit: the greatest size of a storage in bytes; a file cannot hold more than itself.
        names: the names of unknown classes and functions are appended.
    """

    def __init__(self, file: IO[bytes], limit: int, names: list[str]) -> None:
        super().__init__(file, encoding="latin-1")
        self.limit, self.names = limit, names
        self.storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the few known functions, or a new stand-in class."""
        if name in DTYPES:
            return DTYPES[name]
        if (module, name) in KNOWN:
            return KNOWN[module, name]
        self.names.append(f"{module}.{name}")
        return type("StandIn", (StandIn,), {})

    def persistent_load(self, identity: Any) -> Any:
        """Return the storage that a tensor names, as a flat tensor that is filled later."""
        kind, *entries = identity
        if kind == "module":
            return entries[0]  # a class, with its source code, which is not looked at
        dtype, key, _, count = entries[:4]
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            raise ValueError("a storage has no known type")
        if not 0 <= int(count) * dtype.itemsize <= self.limit:
            raise ValueError(f"a storage of {count} values is larger than the file")
        if str(key) not in self.storages:
            self.storages[str(key)] = torch.zeros(int(count), dtype=dtype)
        storage = self.storages[str(key)]
        view = entries[4] if len(entries) > 4 else None
        return storage if view is None else storage[int(view[1]) :][: int(view[2])]


def _rebuild_tensor(storage: Tensor, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:
    """A view of a storage; PyTorch checks that it lies inside."""
    return storage.as_strided(tuple(size), tuple(stride), int(offset))


def _rebuild_parameter(tensor: Tensor, *_: Any) -> Tensor:
    return tensor


KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("torch", "Size"): tuple,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter,
}


def _read_zip(path: str | Path, names: list[str]) -> Any:
    """The form since PyTorch 1.6: a zip archive with `data.pkl` and one file per storage."""
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise ValueError("it is a zip archive without weights; unpack it first")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ValueError("the zip archive is compressed, PyTorch's are not")
        folder = pickles[0].removesuffix("data.pkl")
        with archive.open(pickles[0]) as file:
            reader = _Reader(file, Path(path).stat().st_size, names)
            content = reader.load()
        for key, storage in reader.storages.items():
            _fill(storage, archive.read(f"{folder}data/{key}"))
    return content


def _read_legacy(path: str | Path, names: list[str]) -> Any:
    """The form before: pickles one after the other, then the storages."""
    limit = Path(path).stat().st_size
    with open(path, "rb") as file:
        content = _Reader(file, limit, names).load()
        if content != LEGACY_MAGIC:
            return content  # a plain pickle
        for _ in range(2):  # the version and the machine
            _Reader(file, limit, names).load()
        reader = _Reader(file, limit, names)
        content = reader.load()
        for key in _Reader(file, limit, names).load():
            count = int.from_bytes(file.read(8), "little")
            storage = reader.storages[str(key)]
            if count != len(storage):
                raise ValueError(f"storage {key} has {count} values instead of {len(storage)}")
            _fill(storage, file.read(count * storage.dtype.itemsize))
    return content


def _fill(storage: Tensor, content: bytes) -> None:
    """Write the values of a storage.

    Raises:
        ValueError: there are too few bytes.
    """
    if len(content) < len(storage) * storage.dtype.itemsize:
        raise ValueError("a storage is cut short")
    if len(storage):
        writable = bytearray(content)
        storage.copy_(torch.frombuffer(writable, dtype=storage.dtype, count=len(storage)))
