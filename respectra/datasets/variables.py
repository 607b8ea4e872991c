"""Arrays of a file before they are read, and the sentences about files that cannot be read."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from respectra.datasets.bands import FileBands

IMAGE = "image"  # the name of the only array of a file without names
GREATEST_RATIO = 1100  # of compression: Deflate reaches 1032
SMALL = 1 << 30  # bytes; claims below this are not compared with the size of the file


class Variable(NamedTuple):
    """An array of a file, before it is read; axes as MATLAB or NumPy shows them."""

    shape: tuple[int, ...]
    kind: str  # NumPy's letter of the data type, or `link`
    read: Callable[[], NDArray[Any]]


class Variables(dict[str, Variable]):
    """Arrays by name; `bands` and `units` are set where a file states them.

    Attributes:
        bands: what the header of the file states about its bands.
        units: the unit of an array by its name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bands: FileBands | None = None
        self.units: dict[str, str] = {}


class UnreadableError(Exception):
    """A sentence about a file, without its name."""


def check_claim(shape: tuple[int, ...], item_bytes: int, file_bytes: int) -> None:
    """Refuse an array that is larger than its file can hold.

    Raises:
        UnreadableError: with the claimed size.
    """
    claimed = math.prod(shape) * item_bytes
    if claimed > SMALL and claimed > GREATEST_RATIO * file_bytes:
        raise UnreadableError(
            f"claims {claimed / 1e9:.1f} GB of values, but the file has {file_bytes / 1e6:.3g} MB; "
            "it is damaged"
        )
