"""Deterministic weights and the sampled values of the public networks' outputs.

The published keys name the random numbers, so any implementation can be filled alike. Fillings:
`base` and `strong` (toolbox), `a` and `b` (HPRN); see the docstring of each.
"""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from respectra.networks.layers import released_key

SAMPLES = json.loads((Path(__file__).parent / "golden.json").read_text())
Value = Callable[[str, tuple[int, ...]], np.ndarray]
F = np.float32


def normal(key: str, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    return rng.standard_normal(shape).astype(F)


def base(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Small weights: hardly sees attention."""
    n = normal(key, shape)
    if len(shape) == 1 and key.endswith("weight"):
        return F(1) + F(0.02) * n
    return F(0.02) * n


def strong(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights that keep the signal's size: sees a swapped query and key."""
    n = normal(key, shape)
    if len(shape) >= 2:
        fan = int(np.prod(shape[1:]))
        return F(1) + F(0.5) * n if fan == 1 else n * F(1 / np.sqrt(fan))
    if key.endswith("weight"):
        return F(0.25) + F(0.05) * n if int(np.prod(shape)) == 1 else F(1) + F(0.1) * n
    return F(0.1) * n


def a(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """HPRN's small filling; a slope of PReLU is 0.25."""
    if len(shape) == 1 and key.endswith("weight") and int(np.prod(shape)) == 1:
        return np.full(shape, 0.25, F)
    return base(key, shape)


def b(gain: float = 2.0) -> Value:
    """HPRN's strong filling: weights of deviation √(gain / fan)."""

    def value(key: str, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) < 2:
            return a(key, shape)
        return F(np.sqrt(gain / np.prod(shape[1:]))) * normal(key, shape)

    return value


def fill(network: nn.Module, value: Value, released: Callable[[str], str]) -> nn.Module:
    """Draw every tensor by its released key."""
    state = {
        key: torch.from_numpy(np.array(value(released(key), tuple(tensor.shape)), dtype=F))
        for key, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    return network.eval()


def released(network: nn.Module) -> Callable[[str], str]:
    return lambda key: released_key(key, network.RELEASED_NAMES)  # type: ignore[arg-type]


def part_of(network: type[nn.Module], ours: str, theirs: str) -> Callable[[str], str]:
    """Keys of a module that stands alone, by the names that it has inside its network."""
    names = network.RELEASED_NAMES  # type: ignore[attr-defined]
    return lambda key: released_key(ours + key, names).removeprefix(theirs)


def images(kind: str = "uniform", channels: int = 3) -> Tensor:
    rng = np.random.default_rng(7)
    shape = (1, channels, 64, 64)
    draw = rng.random if kind == "uniform" else rng.standard_normal
    return torch.from_numpy(draw(shape, dtype=F))


def labels() -> Tensor:
    """Four grids of rectangles as label maps: 2×4, 3×4, 4×4, 4×5."""
    row, column = np.mgrid[:64, :64]
    grids = ((2, 4), (3, 4), (4, 4), (4, 5))
    maps = [1 + (row * r // 64) * c + column * c // 64 for r, c in grids]
    return torch.from_numpy(np.stack(maps)[None])


def deviation(output: Tensor, name: str, shared: Path | None = None) -> float:
    """Largest difference from the golden output, relative to its largest value.

    From the whole array where the reference material is, else from the samples carried here.
    """
    found = output.detach().numpy()
    if shared is not None:
        golden = np.load(shared / "golden" / f"{name}.npy")
        assert found.shape == golden.shape
        return float(np.abs(found - golden).max() / np.abs(golden).max())
    sample = SAMPLES[name]
    assert list(found.shape) == sample["shape"]
    values = found.ravel()[sample["places"]]
    return float(np.abs(values - np.array(sample["values"])).max() / sample["largest"])
