"""Measure how far the networks deviate from the public code.

`python -m tests.networks.measure` writes data/deviations.csv from the reference material in
../shared: a line per recorded output of a public network. Weights and input are those of
`tests/networks/golden.py`; the whole outputs are compared, on the CPU.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from respectra.build import build
from respectra.config import Config
from respectra.files import replace_atomically
from respectra.networks.squeezenet import SqueezeNet
from tests.networks.golden import (
    ROOT,
    choose_filling,
    deviation,
    fill,
    golden_images,
    golden_labels,
    translate_keys,
)

FIELDS = ("method", "output", "deviation")
# Outputs that no `expect.golden` names, because the network has a second input or is only a part.
HPRN_OUTPUTS = (
    "hprn/hprn", "hprn/hprn__he", "hprn/hprn_synthlabels", "hprn/hprn_synthlabels__he",
)  # fmt: skip
SQUEEZENET_OUTPUTS = ("hprn/squeezenet1_1_n1", "hprn/squeezenet1_1_n1__he")


def list_outputs(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each recorded output of a public network with the method or variant it belongs to."""
    for method in config.methods:
        for name in [method, *(f"{method}-{variant}" for variant in config.variants(method))]:
            goldens = config.method(name).expect.golden
            if name == method or "expect.golden" in config.changes(name):
                yield from ((name, golden) for golden in goldens)
    yield from (("hprn", golden) for golden in HPRN_OUTPUTS)
    yield from (("ivl_squeeze", golden) for golden in SQUEEZENET_OUTPUTS)


@torch.no_grad()
def reconstruct(config: Config, method: str, golden: str) -> Tensor:
    """Return the network's output for the weights and the input of a recorded output."""
    if golden in SQUEEZENET_OUTPUTS:
        return _fill(SqueezeNet(0.5), golden)(golden_images())
    settings = config.method(method).network
    assert settings is not None
    network = _fill(build("network", settings, bands=31), golden)
    if golden not in HPRN_OUTPUTS:
        return network(golden_images())
    maps = golden_labels() if "synthlabels" in golden else torch.ones(1, 4, 64, 64).long()
    if golden.endswith("__he"):  # float32 alone deviates by up to 2e-4 with this filling
        return network.double()(golden_images().double(), maps).float()
    return network(golden_images(), maps)


def _fill(network: nn.Module, golden: str) -> nn.Module:
    return fill(network, choose_filling(golden), translate_keys(network))


def write_deviations(shared: Path, save: Path) -> None:
    """Measure all recorded outputs and write a line for each.

    Args:
        shared: folder of the reference material.
        save: the CSV file.
    """
    config = Config(ROOT)
    with replace_atomically(save) as part, open(part, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for method, golden in list_outputs(config):
            largest = deviation(reconstruct(config, method, golden), golden, shared)
            writer.writerow([method, golden, f"{largest:.1e}"])


if __name__ == "__main__":
    write_deviations(ROOT.parent / "shared", ROOT / "data/deviations.csv")
