"""Classifies the pixels of a reconstructed scene: what a spectrum is worth to its user.

References:
    [wu2023hprn], section IV-C and Table XI.
"""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from torch import Tensor, nn

from respectra.build import build
from respectra.datasets.store import Store
from respectra.device import choose_device, describe_device, keep_freed_memory
from respectra.files import replace_atomically
from respectra.logs import log
from respectra.plan_types import ClassifyPlan
from respectra.reconstructions import Reconstructions

Array = NDArray[np.float32]
Map = NDArray[np.uint8]
BLOCK = 1024  # neighbourhoods that are classified at a time, to bound memory


def classify_scene(
    *,
    plan: ClassifyPlan,
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
        save_csv: a row per run: scene, region, run, the number of runs, the numbers of trained and
            tested pixels, the number of tested pixels whose neighbourhood overlaps a trained
            pixel's, OA, AA, kappa and the recall of every tested class, each 0 to 1.
        save_map: the first run's class of every pixel, (rows, columns), uint8.
        device: `auto`, `cpu` or `cuda`.
        threads: of the CPU.

    Raises:
        ValueError: the labels do not fit the scene, or no pixel is left to test.
    """
    torch.set_num_threads(threads)
    chosen = choose_device(device)
    if chosen.type == "cpu":
        keep_freed_memory()
    scene, cube, truth = _read_scene(Store(scenes), split, reconstructions)
    labels = build("dataset", plan["labels"])
    if labels.truth.shape != cube.shape[1:]:
        raise ValueError(f"{scene}: has {cube.shape[1:]} pixels, its labels {labels.truth.shape}")
    side = plan["network"]["side"]
    overlapping = find_overlapping(labels.train, labels.test, side)
    test = labels.test if plan["samples"] == "standard" else labels.test * ~overlapping
    if not test.any():
        raise ValueError(f"{scene}: every tested pixel shares a neighbourhood with a trained one")
    bands = scale_bands(cube, truth if len(truth) == len(cube) else cube)
    neighbourhoods = view_neighbourhoods(torch.from_numpy(bands).to(chosen), side)

    rows, maps = [], []
    log.info("%d runs on %s", plan["runs"], describe_device(chosen))
    for run in range(plan["runs"]):
        network = train_classifier(plan, neighbourhoods, labels.train, seed=run, device=chosen)
        maps.append(classify_pixels(network, neighbourhoods))
        accuracies = compute_accuracies(test, maps[-1])
        log.info("run %d of %d: OA %.4f", run + 1, plan["runs"], accuracies["oa"])
        rows.append(
            {
                "scene": scene, "region": "full", "run": run, "runs": plan["runs"],
                "trained": np.count_nonzero(labels.train), "tested": np.count_nonzero(test),
                "shared": np.count_nonzero(overlapping & (test > 0)),
                **{key: f"{number:.6g}" for key, number in accuracies.items()},
            }
        )  # fmt: skip
    _save(rows, maps[0], save_csv, save_map)


def _read_scene(store: Store, split: str, reconstructions: str | Path) -> tuple[str, Array, Array]:
    """The name, the reconstruction and the true cube of the only scene of a split."""
    names = store.scenes(split)
    if len(names) != 1:
        raise ValueError(f"split {split} has {len(names)} scenes; labels belong to one scene")
    cube = Reconstructions(reconstructions).cube(names[0])
    return names[0], cube, np.asarray(store.cube(names[0]))


def _save(
    rows: list[dict[str, Any]], classes: Map, save_csv: str | Path, save_map: str | Path
) -> None:
    with replace_atomically(save_map) as path, open(path, "wb") as file:
        np.save(file, classes)
    with (
        replace_atomically(save_csv) as path,
        open(path, "w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def scale_bands(cube: Array, reference: Array) -> Array:
    """Map every band's least and greatest value in a reference cube to 0 and 1.

    Args:
        cube: (bands, rows, columns).
        reference: with as many bands.
    """
    low = reference.min((1, 2), keepdims=True)
    span = reference.max((1, 2), keepdims=True) - low
    return ((cube - low) / np.where(span > 0, span, 1)).astype(np.float32)


def find_overlapping(train: Map, test: Map, side: int) -> NDArray[np.bool_]:
    """Find the tested pixels whose neighbourhood overlaps the one of a training pixel.

    Args:
        train: the class of every training pixel, 0 elsewhere.
        test: the class of every tested pixel, 0 elsewhere.
        side: rows and columns of a neighbourhood, odd.
    """
    return (test > 0) & (maximum_filter(train, size=2 * side - 1, mode="constant") > 0)


def view_neighbourhoods(pixels: Tensor, side: int) -> Tensor:
    """Return every pixel's neighbourhood, mirrored at the edges.

    Args:
        pixels: (bands, rows, columns).
        side: rows and columns of a neighbourhood, odd.

    Returns:
        A view, (rows, columns, bands, side, side), of the padded pixels.
    """
    edge = side // 2
    padded = nn.functional.pad(pixels[None], (edge,) * 4, mode="reflect")[0]
    return padded.unfold(1, side, 1).unfold(2, side, 1).permute(1, 2, 0, 3, 4)


def train_classifier(
    plan: ClassifyPlan, neighbourhoods: Tensor, train: Map, *, seed: int, device: torch.device
) -> nn.Module:
    """Train a classifier of neighbourhoods.

    Args:
        plan: network, classes, optimizer, batch, epochs, iterations and the budget's share.
        neighbourhoods: (rows, columns, bands, side, side).
        train: the class of every training pixel, 0 elsewhere.
        seed: of the weights and the order of pixels.
        device: of the neighbourhoods.

    Returns:
        The network in evaluation mode.
    """
    torch.manual_seed(seed)
    bands = neighbourhoods.shape[2]
    network = build("network", plan["network"], bands=bands, classes=plan["classes"])
    network.to(device).train()
    optimizer = build("optimizer", plan["optimizer"], network.parameters())
    rows, columns = (torch.from_numpy(x) for x in np.nonzero(train))
    classes = torch.from_numpy(train[rows, columns].astype(np.int64) - 1).to(device)
    batches = math.ceil(len(rows) / plan["batch"])
    limit = plan["iterations"] or plan["epochs"] * batches
    left = min(limit, max(1, round(plan["epochs"] * batches * plan["share"])))
    while left:
        for part in torch.randperm(len(rows)).split(plan["batch"])[:left]:
            optimizer.zero_grad(set_to_none=True)
            scores = network(neighbourhoods[rows[part], columns[part]])
            nn.functional.cross_entropy(scores, classes[part.to(device)]).backward()
            optimizer.step()
            left -= 1
    return network.eval()


def classify_pixels(network: nn.Module, neighbourhoods: Tensor) -> Map:
    """Return the class of every pixel, from 1 on, (rows, columns)."""
    rows, columns = neighbourhoods.shape[:2]
    with torch.inference_mode():
        classes = [
            network(neighbourhoods[place // columns, place % columns]).argmax(1).cpu() + 1
            for place in torch.arange(rows * columns).split(BLOCK)
        ]
    return torch.cat(classes).reshape(rows, columns).numpy().astype(np.uint8)


def compute_accuracies(test: Map, classes: Map) -> dict[str, float]:
    """Compute overall accuracy, average accuracy and kappa of the tested pixels.

    Args:
        test: the true class of every tested pixel, 0 elsewhere.
        classes: the estimated class of every pixel.

    Returns:
        `oa`, the share of correct pixels; `aa`, the mean of the classes' recalls; `kappa`, the
        excess of `oa` over chance; `recall_{class}` of every tested class. All are at most 1.

    Example:
        >>> test, classes = np.array([[1, 1, 2, 0]], np.uint8), np.array([[1, 2, 2, 2]], np.uint8)
        >>> accuracies = compute_accuracies(test, classes)
        >>> {key: round(value, 3) for key, value in accuracies.items()}
        {'oa': 0.667, 'aa': 0.75, 'kappa': 0.4, 'recall_1': 0.5, 'recall_2': 1.0}
    """
    truth, estimate = test[test > 0], classes[test > 0]
    oa = float((truth == estimate).mean())
    recall = {int(c): float((estimate[truth == c] == c).mean()) for c in np.unique(truth)}
    chance = sum(float((truth == c).mean() * (estimate == c).mean()) for c in recall)
    kappa = (oa - chance) / (1 - chance) if chance < 1 else 1.0
    accuracies = {"oa": oa, "aa": float(np.mean([*recall.values()])), "kappa": kappa}
    return {**accuracies, **{f"recall_{c}": value for c, value in recall.items()}}
