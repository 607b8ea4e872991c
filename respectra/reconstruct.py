"""Checkpoint + observations → reconstructions: whole images or tiles, perhaps self-ensembled."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.datasets.superpixels import label_superpixels
from respectra.device import choose, describe, keep_freed_memory, place
from respectra.logs import log
from respectra.reconstructions import brought_to, writer
from respectra.train import checkpoint

Network = Callable[..., Tensor]


def reconstruct(
    *,
    plan: Mapping[str, Any],
    checkpoint_file: str | Path,
    scenes: str | Path,
    observations: str | Path,
    split: str,
    save: str | Path,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Reconstruct every scene of a split with a trained network.

    Args:
        plan: network, inputs and how to reconstruct: `tile`, `overlap`, `self_ensemble`, `maximum`.
        checkpoint_file: what training left.
        scenes, observations: the data set as the camera saw it.
        split: which scenes.
        save: an HDF5 file, one data set (rows, columns, bands) per scene.
        device: `auto`, `cpu` or `cuda`.
        threads: of the CPU.

    Raises:
        ValueError: the checkpoint is not this network's, or not for these bands.
    """
    torch.set_num_threads(threads)
    on = choose(device)
    if on.type == "cpu":
        keep_freed_memory()
    store, seen = Store(scenes), Observations(observations)
    network = build("network", plan["network"], bands=len(store.wavelengths_nm))
    checkpoint.restore(network, checkpoint.load(checkpoint_file), checkpoint_file)
    place(network, on).eval()
    settings, first_guess = plan["reconstruct"], plan["inputs"].get("estimate")
    estimate = build("fit", first_guess, store, seen) if first_guess else None
    maximum = store.common_maximum if settings["maximum"] == "common" else None
    log.info("%d scenes of %s on %s", len(store.scenes(split)), split, describe(on))

    def whole(**images: Tensor) -> Tensor:
        return tiled(network, images, size=settings["tile"], overlap=settings["overlap"])

    with torch.inference_mode(), writer(save, store.wavelengths_nm) as write:
        for scene in store.scenes(split):
            rgb = torch.from_numpy(seen.rgb(scene, plan["inputs"]["rgb"]["scale"]))[None]
            images = {"rgb": rgb.contiguous(memory_format=torch.channels_last).to(on)}
            if prior := plan["inputs"].get("superpixels"):
                labels = label_superpixels(seen.pixels(scene), **prior).astype("int64")
                images["superpixels"] = torch.from_numpy(labels)[None].to(on)
            if estimate is not None:
                guess = torch.from_numpy(estimate(scene, seen.rgb(scene, "unit")))[None]
                images["estimate"] = guess.contiguous(memory_format=torch.channels_last).to(on)
            if settings["self_ensemble"] == "flips":
                cube = self_ensemble(whole, images)
            else:
                cube = whole(**images)
            found = cube[0].float().cpu().numpy()
            write(scene, brought_to(found, maximum))


def self_ensemble(network: Network, images: Mapping[str, Tensor]) -> Tensor:
    """The mean over all eight flips and transposes of the input, each turned back.

    References:
        [arad2022ntire], section 6.1.
    """
    total: Tensor | None = None
    for turn, back in _turns():
        turned = {name: turn(image) for name, image in images.items()}
        cube = back(network(**turned))
        total = cube if total is None else total + cube
    assert total is not None
    return total / 8


def _turns() -> Iterator[tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]]:
    for axes in ((), (-1,), (-2,), (-2, -1)):
        for swap in (False, True):

            def turn(x: Tensor, axes: tuple[int, ...] = axes, swap: bool = swap) -> Tensor:
                x = x.flip(axes)
                return x.mT if swap else x

            def back(x: Tensor, axes: tuple[int, ...] = axes, swap: bool = swap) -> Tensor:
                return (x.mT if swap else x).flip(axes)

            yield turn, back


def tiled(
    network: Network, images: Mapping[str, Tensor], *, size: int | None, overlap: int
) -> Tensor:
    """Run a network in tiles and sew the cubes together; equal to the whole wherever the overlap
    covers what the network sees around a pixel.

    Args:
        network: takes `images` and gives (n, bands, rows, columns).
        images: tensors (n, …, rows, columns) that are cut alike.
        size: rows and columns of a tile; None takes the image whole.
        overlap: pixels that neighbouring tiles share; each gives half of them.

    Raises:
        ValueError: the overlap is as large as a tile.
    """
    rows, columns = images["rgb"].shape[-2:]
    if size is None or (rows <= size and columns <= size):
        return network(**images)
    if overlap >= size:
        raise ValueError(f"tiled: an overlap of {overlap} leaves nothing of a tile of {size}")
    whole: Tensor | None = None
    for top, down in _cuts(rows, size, overlap):
        for left, across in _cuts(columns, size, overlap):
            window = slice(top, top + min(size, rows)), slice(left, left + min(size, columns))
            tile = network(**{name: image[..., *window] for name, image in images.items()})
            if whole is None:
                whole = tile.new_empty((*tile.shape[:2], rows, columns))
            inside = (
                slice(down.start - top, down.stop - top),
                slice(across.start - left, across.stop - left),
            )
            whole[..., down, across] = tile[..., *inside]
    assert whole is not None
    return whole


def _cuts(length: int, size: int, overlap: int) -> Iterator[tuple[int, slice]]:
    """Where tiles begin along one axis, and which part of the whole each gives."""
    if length <= size:
        yield 0, slice(0, length)
        return
    starts = [*range(0, length - size, size - overlap), length - size]
    for i, start in enumerate(starts):
        before = (starts[i - 1] + size + start) // 2 if i else 0
        after = (start + size + starts[i + 1]) // 2 if i + 1 < len(starts) else length
        yield start, slice(before, after)
