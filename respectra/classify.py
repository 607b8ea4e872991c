"""Reconstruction → the classes of its pixels: what a spectrum is worth to whoever reads it.

References:
    [wu2023hprn], section IV-C and Table XI.
"""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from torch import Tensor, nn

from respectra.build import build
from respectra.datasets.store import Store
from respectra.device import choose, describe, keep_freed_memory
from respectra.files import aside
from respectra.logs import log
from respectra.reconstructions import Reconstructions

Array = NDArray[np.float32]
Map = NDArray[np.uint8]
AT_ONCE = 1024  # neighbourhoods that are looked at together, to bound memory


def classify(
    *,
    plan: Mapping[str, Any],
    reconstructions: str | Path,
    scenes: str | Path,
    split: str,
    save_csv: str | Path,
    save_map: str | Path,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Train a classifier on some pixels of one reconstructed scene and test it on others.

    Args:
        plan: labels, samples, network, optimizer, batch, epochs, runs and the budget's share.
        reconstructions: a file with the scene, of any number of bands.
        scenes: the data set's manifest.
        split: of the one scene that has labels.
        save_csv: a row per run: scene, region, run, how many pixels it was trained and tested on,
            how many of the tested have a neighbourhood that meets a training pixel's, OA, AA,
            kappa (0 to 1), and the recall of every class that is tested.
        save_map: the first run's class of every pixel, (rows, columns), uint8.
        device: `auto`, `cpu` or `cuda`.
        threads: of the CPU.

    Raises:
        ValueError: the labels are not the scene's, or no pixel is left to test.
    """
    torch.set_num_threads(threads)
    on = choose(device)
    if on.type == "cpu":
        keep_freed_memory()
    store = Store(scenes)
    scene = _only(store.scenes(split), split)
    truth = np.asarray(store.cube(scene))
    cube = Reconstructions(reconstructions).cube(scene)
    labels = build("dataset", plan["labels"])
    if labels.truth.shape != cube.shape[1:]:
        raise ValueError(f"{scene}: has {cube.shape[1:]} pixels, its labels {labels.truth.shape}")
    side = plan["network"]["side"]
    meeting = shared(labels.train, labels.test, side)
    test = labels.test if plan["samples"] == "standard" else labels.test * ~meeting
    if not test.any():
        raise ValueError(f"{scene}: no pixel is left to test that shares no neighbourhood")
    pixels = torch.from_numpy(scaled(cube, truth if len(truth) == len(cube) else cube)).to(on)
    near = neighbourhoods(pixels, side)

    rows, first = [], None
    for run in range(plan["runs"]):
        network = _trained(plan, near, labels.train, seed=run, device=on)
        found = _map(network, near)
        first = found if first is None else first
        numbers = agreement(test, found)
        log.info("run %d of %d on %s: OA %.4f", run + 1, plan["runs"], describe(on), numbers["oa"])
        rows.append(
            {
                "scene": scene, "region": "full", "run": run,
                "trained": np.count_nonzero(labels.train), "tested": np.count_nonzero(test),
                "shared": np.count_nonzero(meeting & (test > 0)),
                **{key: f"{number:.6g}" for key, number in numbers.items()},
            }
        )  # fmt: skip
    assert first is not None
    with aside(save_map) as path, open(path, "wb") as file:
        np.save(file, first)
    with aside(save_csv) as path, open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _only(scenes: list[str], split: str) -> str:
    if len(scenes) != 1:
        raise ValueError(f"split {split} has {len(scenes)} scenes; labels belong to one")
    return scenes[0]


def scaled(cube: Array, truth: Array) -> Array:
    """Every band from the least to the greatest value of the truth's band, mapped to 0 to 1."""
    low = truth.min((1, 2), keepdims=True)
    span = truth.max((1, 2), keepdims=True) - low
    return ((cube - low) / np.where(span > 0, span, 1)).astype(np.float32)


def shared(train: Map, test: Map, side: int) -> NDArray[np.bool_]:
    """The tested pixels whose neighbourhood has a pixel in common with a training pixel's."""
    return (test > 0) & (maximum_filter(train, size=2 * side - 1, mode="constant") > 0)


def neighbourhoods(pixels: Tensor, side: int) -> Tensor:
    """A view of every pixel's surroundings, mirrored at the edges.

    Args:
        pixels: (bands, rows, columns).
        side: rows and columns of a neighbourhood, odd.

    Returns:
        (rows, columns, bands, side, side).
    """
    edge = side // 2
    wide = nn.functional.pad(pixels[None], (edge,) * 4, mode="reflect")[0]
    return wide.unfold(1, side, 1).unfold(2, side, 1).permute(1, 2, 0, 3, 4)


def _trained(
    plan: Mapping[str, Any], near: Tensor, train: Map, *, seed: int, device: torch.device
) -> nn.Module:
    torch.manual_seed(seed)
    network = build("network", plan["network"], bands=near.shape[2], classes=plan["classes"])
    network.to(device).train()
    optimizer = build("optimizer", plan["optimizer"], network.parameters())
    rows, columns = (torch.from_numpy(x) for x in np.nonzero(train))
    wanted = torch.from_numpy(train[rows, columns].astype(np.int64) - 1).to(device)
    batches = math.ceil(len(rows) / plan["batch"])
    most = plan["iterations"] or plan["epochs"] * batches
    left = min(most, max(1, round(plan["epochs"] * batches * plan["share"])))
    while left:
        for part in torch.randperm(len(rows)).split(plan["batch"])[:left]:
            optimizer.zero_grad(set_to_none=True)
            found = network(near[rows[part], columns[part]])
            nn.functional.cross_entropy(found, wanted[part.to(device)]).backward()
            optimizer.step()
            left -= 1
    return network.eval()


def _map(network: nn.Module, near: Tensor) -> Map:
    """The class of every pixel, from 1 on, (rows, columns)."""
    rows, columns = near.shape[:2]
    with torch.inference_mode():
        found = [
            network(near[place // columns, place % columns]).argmax(1).cpu() + 1
            for place in torch.arange(rows * columns).split(AT_ONCE)
        ]
    return torch.cat(found).reshape(rows, columns).numpy().astype(np.uint8)


def agreement(test: Map, found: Map) -> dict[str, float]:
    """Overall accuracy, average accuracy and kappa of the tested pixels, each up to 1.

    Args:
        test: the class of every tested pixel, 0 elsewhere.
        found: a class for every pixel.

    Returns:
        `oa`, the share that is right; `aa`, the mean of the classes' recalls; `kappa`, how far
        `oa` lies above what chance gives; `recall_{class}` of every class that is tested.

    Example:
        >>> test, map = np.array([[1, 1, 2, 0]], np.uint8), np.array([[1, 2, 2, 2]], np.uint8)
        >>> found = agreement(test, map)
        >>> {key: round(value, 3) for key, value in found.items()}
        {'oa': 0.667, 'aa': 0.75, 'kappa': 0.4, 'recall_1': 0.5, 'recall_2': 1.0}
    """
    there = test > 0
    wanted, got = test[there], found[there]
    oa = float((wanted == got).mean())
    recall = {int(c): float((got[wanted == c] == c).mean()) for c in np.unique(wanted)}
    chance = sum(float((wanted == c).mean() * (got == c).mean()) for c in recall)
    kappa = (oa - chance) / (1 - chance) if chance < 1 else 1.0
    numbers = {"oa": oa, "aa": float(np.mean([*recall.values()])), "kappa": kappa}
    return {**numbers, **{f"recall_{c}": value for c, value in recall.items()}}
