"""Reconstructs the scenes of a split with a trained network."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.compilation import compile_function
from respectra.datasets.layout import HELD_OUT
from respectra.datasets.store import Store
from respectra.device import (
    choose_device,
    describe_device,
    keep_freed_memory,
    place_network,
    set_arithmetic,
)
from respectra.graphs import RecordedNetwork
from respectra.inputs import Images, InputAssembler
from respectra.logs import log
from respectra.plan_types import ReconstructPlan
from respectra.reconstructions import (
    describe_maximum,
    scale_to_maximum,
    write_reconstructions,
)
from respectra.train import checkpoint

Network = Callable[..., Tensor]
Turn = Callable[[Tensor], Tensor]


def reconstruct_split(
    *,
    plan: ReconstructPlan,
    checkpoint_file: str | Path,
    scenes: str | Path,
    observations: str | Path,
    split: str,
    save: str | Path,
    device: str = "auto",
    threads: int = 1,
    arithmetic: str = "exact",
    graphs: bool = False,
    compiled: bool = False,
) -> None:
    """Reconstruct every scene of a split with a trained network.

    Args:
        plan: network, inputs and how it is applied: tile, overlap, self_ensemble, maximum.
        checkpoint_file: of the network.
        scenes: the data set's manifest.
        observations: the camera's folder.
        split: which scenes.
        save: a file of reconstructions.
        device: `auto`, `cpu` or `cuda`.
        threads: of the CPU.
        arithmetic: `exact`, or `fast`: a GPU may round the factors of products to TF32.
        graphs: record the kernels of an image on a GPU once and replay them.
        compiled: compile the network, see `compile_function`.

    Raises:
        ValueError: the checkpoint belongs to another network or to other bands, or its weights
            were chosen on this split.
    """
    torch.set_num_threads(threads)
    set_arithmetic(arithmetic)
    chosen = choose_device(device)
    if chosen.type == "cpu":
        keep_freed_memory()
    store = Store(scenes)
    network = build("network", plan["network"], bands=len(store.wavelengths_nm))
    content = checkpoint.load(checkpoint_file)
    _check_choice(content, split, checkpoint_file)
    checkpoint.restore(network, content, checkpoint_file, store.wavelengths_nm)
    place_network(network, chosen).eval()
    assembler = InputAssembler(plan["inputs"], store, Observations(observations))
    settings = plan["reconstruct"]
    maximum = settings["maximum"]
    if maximum is not None:
        maximum = store.common_maximum if maximum == "common" else float(maximum)
        log.info(describe_maximum(maximum))
    scene_names = store.scenes(split)
    log.info("%d scenes of %s on %s", len(scene_names), split, describe_device(chosen))
    applied: Network = compile_function(network, chosen) if compiled else network
    function = _build_function(RecordedNetwork(applied) if graphs else applied, settings)
    with torch.inference_mode(), write_reconstructions(save, store.wavelengths_nm) as write:
        for scene in scene_names:
            images = _to_tensors(assembler.assemble_image(scene), chosen)
            cube = function(**images)
            write(scene, scale_to_maximum(cube[0].float().cpu().numpy(), maximum))


def _build_function(network: Network, settings: Mapping[str, Any]) -> Network:
    """The function that reconstructs an image, in tiles and from all turns as the settings say."""

    def apply_to_image(**images: Tensor) -> Tensor:
        size, overlap = settings["tile"], settings["overlap"]
        return apply_in_tiles(network, images, size=size, overlap=overlap)

    if settings["self_ensemble"] == "flips":
        return lambda **images: apply_self_ensemble(apply_to_image, images)
    if settings["self_ensemble"] == "deviation":
        return lambda **images: measure_deviation(apply_to_image, images)
    return apply_to_image


def _check_choice(content: Mapping[str, Any], split: str, path: str | Path) -> None:
    """Refuse scenes on which the weights were chosen: their scores would be too good."""
    chosen_on = content.get("chosen", {}).get("split")
    if split == chosen_on and split != HELD_OUT:
        raise ValueError(
            f"{path}: its weights are the best on split {split}, so this split cannot be scored; "
            "choose on held_out or on another split in the recipe's `choose`"
        )


def _to_tensors(images: Images, device: torch.device) -> dict[str, Tensor]:
    """A batch of one image on a device, floating-point images channels-last."""
    tensors = {name: torch.from_numpy(image)[None] for name, image in images.items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point():
            tensors[name] = tensor.contiguous(memory_format=torch.channels_last)
    return {name: tensor.to(device) for name, tensor in tensors.items()}


def apply_self_ensemble(network: Network, images: Mapping[str, Tensor]) -> Tensor:
    """Return the mean over all eight flips and transposes of the input, each turned back.

    Args:
        network: takes `images` and returns (n, bands, rows, columns).
        images: (n, …, rows, columns), turned alike.

    References:
        [arad2022ntire], section 6.1.
    """
    cubes = (
        turn_back(network(**{name: turn(image) for name, image in images.items()}))
        for turn, turn_back in _list_turns()
    )
    total = next(cubes)
    for cube in cubes:
        total = total + cube
    return total / 8


def measure_deviation(network: Network, images: Mapping[str, Tensor]) -> Tensor:
    """Return the standard deviation over the eight answers of `apply_self_ensemble`.

    Args:
        network: takes `images` and returns (n, bands, rows, columns).
        images: (n, …, rows, columns), turned alike.

    Returns:
        (n, bands, rows, columns); the sum of squares is divided by 7.
    """
    cubes = [
        turn_back(network(**{name: turn(image) for name, image in images.items()}))
        for turn, turn_back in _list_turns()
    ]
    return torch.stack(cubes).std(0)


def _list_turns() -> Iterator[tuple[Turn, Turn]]:
    """All eight flips and transposes of an image, each with its inverse."""
    for axes in ((), (-1,), (-2,), (-2, -1)):
        for swap in (False, True):

            def turn(x: Tensor, axes: tuple[int, ...] = axes, swap: bool = swap) -> Tensor:
                x = x.flip(axes)
                return x.mT if swap else x

            def turn_back(x: Tensor, axes: tuple[int, ...] = axes, swap: bool = swap) -> Tensor:
                return (x.mT if swap else x).flip(axes)

            yield turn, turn_back


def apply_in_tiles(
    network: Network, images: Mapping[str, Tensor], *, size: int | None, overlap: int
) -> Tensor:
    """Apply a network to tiles of an image and join the cubes.

    The result equals that of the whole image if the overlap is at least twice the radius of the
    network's receptive field.

    Args:
        network: takes `images` and returns (n, bands, rows, columns).
        images: (n, …, rows, columns), cut alike.
        size: rows and columns of a tile; None applies the network to the whole image.
        overlap: pixels that neighbouring tiles share; each contributes half of them.

    Raises:
        ValueError: the overlap is not smaller than a tile.
    """
    rows, columns = images["rgb"].shape[-2:]
    if size is None or (rows <= size and columns <= size):
        return network(**images)
    if overlap >= size:
        raise ValueError(
            f"overlap: {overlap} is not smaller than a tile of {size}; choose a smaller one"
        )
    whole: Tensor | None = None
    for top, inner_rows in cut_axis(rows, size, overlap):
        for left, inner_columns in cut_axis(columns, size, overlap):
            window = slice(top, top + min(size, rows)), slice(left, left + min(size, columns))
            tile = network(**{name: image[..., *window] for name, image in images.items()})
            if whole is None:
                whole = tile.new_empty((*tile.shape[:2], rows, columns))
            inner = (
                slice(inner_rows.start - top, inner_rows.stop - top),
                slice(inner_columns.start - left, inner_columns.stop - left),
            )
            whole[..., inner_rows, inner_columns] = tile[..., *inner]
    assert whole is not None
    return whole


def cut_axis(length: int, size: int, overlap: int) -> Iterator[tuple[int, slice]]:
    """Cut an axis into tiles.

    Args:
        length: of the axis.
        size: of a tile.
        overlap: of neighbouring tiles.

    Yields:
        The start of each tile and the part of the axis that the tile contributes.

    Example:
        >>> list(cut_axis(10, 6, 2))
        [(0, slice(0, 5, None)), (4, slice(5, 10, None))]
    """
    if length <= size:
        yield 0, slice(0, length)
        return
    starts = [*range(0, length - size, size - overlap), length - size]
    for i, start in enumerate(starts):
        first = (starts[i - 1] + size + start) // 2 if i else 0
        end = (start + size + starts[i + 1]) // 2 if i + 1 < len(starts) else length
        yield start, slice(first, end)
