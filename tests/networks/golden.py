"""Deterministic weights, and samples of the public networks' outputs for these weights.

A tensor's released key seeds its random numbers, so that every implementation receives the same
weights. A filling maps a key and a shape to values: `base` and `strong` for the toolbox's networks,
`hprn_small` and `hprn_strong` for HPRN and the networks of its tables.

`python -m tests.networks.golden` writes golden.json from the reference material in ../shared.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from respectra.config import Config
from respectra.networks.released import released_key

ROOT = Path(__file__).parents[2]

SAMPLES = json.loads((Path(__file__).parent / "golden.json").read_text())
GOLDENS_OF_MODULES = [
    "hprn/squeezenet1_1_n1",
    "hprn/squeezenet1_1_n1__he",
    "hprn/coordconv_addcoords",
]
Value = Callable[[str, tuple[int, ...]], np.ndarray]
FLOAT = np.float32


def draw_normal(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Draw standard normal numbers with a seed from the key."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    return rng.standard_normal(shape).astype(FLOAT)


def base(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return small weights; attention has almost no influence on the output."""
    n = draw_normal(key, shape)
    if key.endswith("running_var"):
        return FLOAT(1) + FLOAT(0.02) * np.abs(n)
    if len(shape) == 1 and key.endswith("weight"):
        return FLOAT(1) + FLOAT(0.02) * n
    return FLOAT(0.02) * n


def strong(gain: float = 1.0) -> Value:
    """Return a filling that preserves the signal's size; it reveals a swapped query and key."""

    def value(key: str, shape: tuple[int, ...]) -> np.ndarray:
        n = draw_normal(key, shape)
        if len(shape) >= 2:
            fan = int(np.prod(shape[1:]))
            return FLOAT(1) + FLOAT(0.5) * n if fan == 1 else n * FLOAT(gain / np.sqrt(fan))
        if key.endswith("running_var"):
            return FLOAT(1) + FLOAT(0.2) * np.abs(n)
        if key.endswith("weight"):
            return (
                FLOAT(0.25) + FLOAT(0.05) * n
                if int(np.prod(shape)) == 1
                else FLOAT(1) + FLOAT(0.1) * n
            )
        if key.endswith("gamma"):
            return FLOAT(0.5) + FLOAT(0.1) * n
        return FLOAT(0.1) * n

    return value


def hprn_small(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return HPRN's small weights: as `base`, with 0.25 as slope of a PReLU."""
    if len(shape) == 1 and key.endswith("weight") and int(np.prod(shape)) == 1:
        return np.full(shape, 0.25, FLOAT)
    return base(key, shape)


def hprn_strong(gain: float = 2.0) -> Value:
    """Return HPRN's strong filling: weights with standard deviation √(gain / fan)."""

    def value(key: str, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) < 2:
            return hprn_small(key, shape)
        return FLOAT(np.sqrt(gain / np.prod(shape[1:]))) * draw_normal(key, shape)

    return value


def choose_filling(golden: str) -> Value:
    """Return the filling of a golden output, which the output's name determines."""
    folder, _, name = golden.partition("/")
    if folder == "toolbox":
        return base
    if folder == "toolbox_strong":
        return strong(0.5 if name in ("hdnet", "mialgo_han_7x13") else 1.0)
    return hprn_strong() if name.endswith("__he") else hprn_small


def fill(network: nn.Module, value: Value, translate: Callable[[str], str]) -> nn.Module:
    """Fill each tensor by its released key and return the network in evaluation mode.

    Integer buffers and fixed kernels are unchanged. A shared tensor receives the value of its last
    key, as in the published order.
    """
    state = {
        key: torch.from_numpy(np.array(value(translate(key), tuple(tensor.shape)), dtype=FLOAT))
        if tensor.is_floating_point() and not key.endswith(".filt")
        else tensor
        for key, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    return network.eval()


def translate_keys(network: nn.Module) -> Callable[[str], str]:
    """Return the translation of a network's keys to released keys."""
    names = getattr(network, "RELEASED_NAMES", ())
    return lambda key: released_key(key, names)


def translate_part_keys(
    network: type[nn.Module], prefix: str, released_prefix: str
) -> Callable[[str], str]:
    """Return the translation of the keys of a module outside its network.

    Args:
        network: the network's class.
        prefix: prefix of the module's keys inside the network.
        released_prefix: prefix of the module's released keys.
    """
    names = network.RELEASED_NAMES  # type: ignore[attr-defined]
    return lambda key: released_key(prefix + key, names).removeprefix(released_prefix)


def golden_images(kind: str = "uniform", channels: int = 3) -> Tensor:
    """Return the input of the golden outputs, (1, channels, 64, 64)."""
    rng = np.random.default_rng(7)
    shape = (1, channels, 64, 64)
    draw = rng.random if kind == "uniform" else rng.standard_normal
    return torch.from_numpy(draw(shape, dtype=FLOAT))


def golden_labels() -> Tensor:
    """Return four grids of rectangles as label maps, (1, 4, 64, 64): 2×4, 3×4, 4×4 and 4×5."""
    row, column = np.mgrid[:64, :64]
    grids = ((2, 4), (3, 4), (4, 4), (4, 5))
    maps = [1 + (row * r // 64) * c + column * c // 64 for r, c in grids]
    return torch.from_numpy(np.stack(maps)[None])


def deviation(output: Tensor, name: str, shared: Path | None = None) -> float:
    """Return the largest difference from a golden output, relative to its largest value.

    Args:
        output: the network's output.
        name: name of the golden output.
        shared: folder of the reference material, which has the whole output; None compares with
            the samples of golden.json.
    """
    array = output.detach().numpy()
    if shared is not None:
        golden = np.load(shared / "golden" / f"{name}.npy")
        assert array.shape == golden.shape
        return float(np.abs(array - golden).max() / np.abs(golden).max())
    sample = SAMPLES[name]
    assert list(array.shape) == sample["shape"]
    values = array.ravel()[sample["places"]]
    return float(np.abs(values - np.array(sample["values"])).max() / sample["largest"])


def write_samples(shared: Path) -> None:
    """Add samples of the golden outputs that the methods' YAML files name to golden.json."""
    config = Config(ROOT)
    for golden in GOLDENS_OF_MODULES:
        SAMPLES.setdefault(golden, _sample(golden, np.load(shared / f"golden/{golden}.npy")))
    for method in config.methods:
        for name in [method, *(f"{method}-{variant}" for variant in config.variants(method))]:
            goldens = config.method(name).expect.golden
            for golden in goldens:
                if golden not in SAMPLES:
                    SAMPLES[golden] = _sample(golden, np.load(shared / f"golden/{golden}.npy"))
            if goldens and f"keys/{name}" not in SAMPLES:
                stem = goldens[0].partition("/")[2].removesuffix("__he")
                table = (shared / f"state_dicts/{stem}.tsv").read_text().splitlines()[1:]
                SAMPLES[f"keys/{name}"] = _keys(line.split("\t")[:2] for line in table)
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in SAMPLES.items()]
    Path(__file__).with_name("golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _sample(name: str, output: np.ndarray, count: int = 48) -> dict[str, object]:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    places = np.sort(rng.choice(output.size, min(count, output.size), replace=False))
    return {
        "shape": list(output.shape),
        "largest": float(np.abs(output).max()),
        "places": places.tolist(),
        "values": [float(f"{value:.9g}") for value in output.ravel()[places]],
    }


def _keys(table: Iterable[Sequence[str]]) -> dict[str, object]:
    shapes = {key: shape.replace(",", "x").replace("scalar", "") for key, shape in table}
    return summarise_keys((key, shape) for key, shape in shapes.items())


def summarise_keys(keys: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Return the number of tensors of a state dict and a digest of their keys and shapes."""
    lines = sorted(f"{key} {shape}" for key, shape in keys)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return {"count": len(lines), "sha256": digest}


if __name__ == "__main__":
    write_samples(ROOT.parent / "shared")
