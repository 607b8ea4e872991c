"""A trained network for photographs: a photo in, a cube out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from respectra import __version__
from respectra.camera.observations import scale_values, value_range
from respectra.config import Method
from respectra.datasets.superpixels import label_superpixels
from respectra.device import keep_freed_memory, place_network
from respectra.files import sha256
from respectra.photos import Photo, check_pixels, read_photo
from respectra.plan_types import InputsPlan
from respectra.pretrained.catalogue import find_weights
from respectra.tiles import apply_blended, choose_side, cut_evenly, measure_peak
from respectra.weights import Trained, load_trained

Array = NDArray[np.float32]
MEMORY_BYTES = 2**30  # of a tile's tensors
OVERLAP_SHARE = 8  # tiles overlap by their side divided by this,
LEAST_OVERLAP = 32  # and at least by so many pixels
LEAST_SIDE = 16  # smaller photos are padded with the pixels at their edges


@dataclass(frozen=True)
class Cube:
    """A reconstructed cube.

    Attributes:
        values: (bands, rows, columns), float32: radiance relative to the brightest of the scene.
        wavelengths_nm: the centre of each band.
        notes: what was converted or ignored in the photo, a sentence each.
    """

    values: Array
    wavelengths_nm: tuple[float, ...]
    notes: tuple[str, ...] = ()

    def spectrum(self, row: int, column: int) -> Array:
        """Return the spectrum of a pixel, (bands,)."""
        return self.values[:, row, column]


class Model:
    """Reconstructs cubes from photographs of any size.

    Args:
        trained: the network and what it receives.
        device: where it computes.
        memory_bytes: of the tensors of one tile; the largest tile within it is used.

    Raises:
        ValueError: nothing states the bands or the inputs, or the network needs more than a photo.
    """

    def __init__(
        self, trained: Trained, device: torch.device, memory_bytes: float = MEMORY_BYTES
    ) -> None:
        if trained.wavelengths_nm is None:
            raise ValueError(
                f"{trained.name}: does not state its wavelengths; state them with --wavelengths"
            )
        if trained.inputs is None:
            raise ValueError(
                f"{trained.name}: does not state what its network receives; name its method"
            )
        if trained.inputs["estimate"] is not None:
            raise ValueError(
                f"{trained.name}: its network receives a cube that is fitted to training scenes, "
                "which a photo alone does not give; choose another method"
            )
        self.path, self.facts = Path(trained.name), trained.facts
        self.wavelengths_nm = trained.wavelengths_nm
        self.device, self.memory_bytes = device, memory_bytes
        self._inputs: InputsPlan = trained.inputs
        if device.type == "cpu":
            keep_freed_memory()
        self._network = place_network(trained.network, device).eval()
        self._side: int | None = None

    @property
    def side(self) -> int:
        """Rows and columns of the largest tile; measured when it is first asked for."""
        if self._side is None:
            self._side = choose_side(self._measure_tile, self.memory_bytes)
        return self._side

    @property
    def overlap(self) -> int:
        """Pixels that neighbouring tiles share."""
        return max(self.side // OVERLAP_SHARE, LEAST_OVERLAP)

    def describe(self) -> dict[str, Any]:
        """Return what a cube depends on beside its photo, by name."""
        return {
            "weights": self.path.name,
            "weights_sha256": sha256(self.path),
            "camera": self.facts.get("camera"),
            "tile": self.side,
            "overlap": self.overlap,
            "written_by": f"respectra {__version__}",
        }

    def __call__(self, photo: str | Path | NDArray[Any] | Photo) -> Cube:
        """Reconstruct a photo.

        Args:
            photo: the path of a file, or (rows, columns, 3) of uint8 or uint16, sRGB.

        Raises:
            ValueError: the photo cannot be read.
        """
        opened = open_photo(photo)
        blocks = list(self.reconstruct_rows(opened))
        whole = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        return Cube(np.moveaxis(whole, -1, 0), self.wavelengths_nm, opened.notes)

    def count_tiles(self, size: tuple[int, int]) -> int:
        """Return the number of tiles of a photo of some rows and columns."""
        rows, columns = (len(cut_evenly(length, self.side, self.overlap)[1]) for length in size)
        return rows * columns

    def reconstruct_rows(
        self, photo: Photo, advance: Callable[[], object] = lambda: None
    ) -> Iterator[Array]:
        """Reconstruct a photo in blocks of rows, so that no whole cube is in memory.

        Args:
            photo: of any size.
            advance: is called after each tile.

        Yields:
            Blocks from top to bottom, (rows, columns, bands), float32.
        """
        rows, columns = photo.pixels.shape[:2]
        # Some networks need more than one pixel, and superpixels need more than a few.
        missing = [(0, max(0, LEAST_SIDE - length)) for length in (rows, columns)]
        padded = np.pad(photo.pixels, [*missing, (0, 0)], mode="edge")
        scale = 255 / photo.greatest
        levels = np.array([padded.min(), padded.max()]) * scale
        low, high = value_range(levels, self._inputs["rgb"]["scale"])

        def apply_to_tile(tile_rows: slice, tile_columns: slice) -> Array:
            pixels = padded[tile_rows, tile_columns].astype(np.float32) * np.float32(scale)
            with torch.inference_mode():
                cube = self._network(**self._assemble(pixels, low, high))
            advance()
            return cube[0].float().permute(1, 2, 0).cpu().numpy()

        size = (padded.shape[0], padded.shape[1])
        for block in apply_blended(apply_to_tile, size, side=self.side, overlap=self.overlap):
            yield block[:rows, :columns]

    def _assemble(self, pixels: Array, low: float, high: float) -> dict[str, Tensor]:
        """What the network receives of a tile, (rows, columns, 3) of 0 to 255."""
        rgb = torch.from_numpy(scale_values(pixels, low, high)).permute(2, 0, 1)[None]
        images = {"rgb": rgb.contiguous(memory_format=torch.channels_last)}
        if self._inputs["superpixels"] is not None:
            labels = label_superpixels(pixels.astype(np.uint8), **self._inputs["superpixels"])
            images["superpixels"] = torch.from_numpy(labels.astype(np.int64))[None]
        return {name: image.to(self.device) for name, image in images.items()}

    def _measure_tile(self, side: int) -> int:
        pixels = np.random.default_rng(0).uniform(0, 255, (side, side, 3)).astype(np.float32)

        def apply() -> None:
            with torch.inference_mode():
                self._network(**self._assemble(pixels, 0.0, 255.0))

        return measure_peak(apply)


def open_photo(photo: str | Path | NDArray[Any] | Photo) -> Photo:
    """Return a photo from its path or its pixels; arguments as in `Model`."""
    if isinstance(photo, Photo):
        return photo
    return check_pixels(photo) if isinstance(photo, np.ndarray) else read_photo(photo)


def load_model(
    method_name: str = "mst_plus_plus",
    weights: str | Path | None = None,
    *,
    method: Method | None = None,
    wavelengths_nm: Sequence[float] | None = None,
    key: str | None = None,
    device: str = "auto",
    memory_bytes: float = MEMORY_BYTES,
) -> Model:
    """Load a network with weights of this package, or of a file.

    Args:
        method_name: the name of the method.
        weights: a file of weights, the folder of a run, or a camera that the package has weights
            for, such as `ntire2022`; None for the weights for ordinary photographs.
        method: the recipe of the method, for a file that does not state its network.
        wavelengths_nm: the centres of the bands, for a file that does not state them.
        key: of the set of weights, if the file contains several.
        device: `auto`, `cpu`, `cuda` or `mps`.
        memory_bytes: of the tensors of one tile.

    Raises:
        ValueError: there are no such weights, or they do not fit.
    """
    chosen = choose_photo_device(device)
    path = find_file(method_name, weights)
    bands = len(wavelengths_nm) if wavelengths_nm is not None else 31
    trained = load_trained(path, method, bands=bands, key=key)
    if wavelengths_nm is not None and trained.wavelengths_nm is None:
        trained = Trained(
            trained.name, trained.network, trained.settings, trained.inputs,
            tuple(map(float, wavelengths_nm)), trained.facts,
        )  # fmt: skip
    return Model(trained, chosen, memory_bytes)


def find_file(method_name: str, weights: str | Path | None) -> Path:
    """Return the file of the weights that `load_model` describes.

    Raises:
        ValueError: there is no such file, and the package has no such weights.
    """
    if weights is not None and (Path(weights).exists() or Path(weights).suffix):
        return Path(weights)
    return find_weights(method_name, None if weights is None else str(weights))


def choose_photo_device(name: str) -> torch.device:
    """Return a device by its name.

    Args:
        name: `cpu`, `cuda`, `mps` (Apple's GPUs, which this project could not test), or `auto`:
            the first of `cuda`, `mps` and `cpu` that PyTorch sees.

    Raises:
        ValueError: PyTorch does not see the device.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(known for known, usable in available.items() if usable)
    if not available.get(name):
        usable = ", ".join(known for known, usable in available.items() if usable)
        raise ValueError(f"device: {name} is not possible here; choose auto or one of {usable}")
    return torch.device(name)
