"""Deterministic weights and the sampled values of the public networks' outputs.

The published keys name the random numbers, so any implementation can be filled alike. Fillings:
`base` and `strong` (toolbox), `a` and `b` (HPRN); see the docstring of each.

`python -m tests.networks.golden` writes the samples anew from the reference material in ../shared.
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
from respectra.networks.layers import released_key

ROOT = Path(__file__).parents[2]

SAMPLES = json.loads((Path(__file__).parent / "golden.json").read_text())
OF_PARTS = ["hprn/squeezenet1_1_n1", "hprn/squeezenet1_1_n1__he", "hprn/coordconv_addcoords"]
Value = Callable[[str, tuple[int, ...]], np.ndarray]
F = np.float32


def normal(key: str, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    return rng.standard_normal(shape).astype(F)


def base(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Small weights: hardly sees attention."""
    n = normal(key, shape)
    if key.endswith("running_var"):
        return F(1) + F(0.02) * np.abs(n)
    if len(shape) == 1 and key.endswith("weight"):
        return F(1) + F(0.02) * n
    return F(0.02) * n


def strong(gain: float = 1.0) -> Value:
    """Weights that keep the signal's size: sees a swapped query and key."""

    def value(key: str, shape: tuple[int, ...]) -> np.ndarray:
        n = normal(key, shape)
        if len(shape) >= 2:
            fan = int(np.prod(shape[1:]))
            return F(1) + F(0.5) * n if fan == 1 else n * F(gain / np.sqrt(fan))
        if key.endswith("running_var"):
            return F(1) + F(0.2) * np.abs(n)
        if key.endswith("weight"):
            return F(0.25) + F(0.05) * n if int(np.prod(shape)) == 1 else F(1) + F(0.1) * n
        if key.endswith("gamma"):
            return F(0.5) + F(0.1) * n
        return F(0.1) * n

    return value


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


def filling(golden: str) -> Value:
    """The filling that a golden output was made with, by its name."""
    folder, _, name = golden.partition("/")
    if folder == "toolbox":
        return base
    if folder == "toolbox_strong":
        return strong(0.5 if name in ("hdnet", "mialgo_han_7x13") else 1.0)
    return b() if name.endswith("__he") else a


def fill(network: nn.Module, value: Value, released: Callable[[str], str]) -> nn.Module:
    """Draw every tensor by its released key; counts and fixed kernels stay as they are.

    Of a tensor with several keys the last one's value holds, as in the published order.
    """
    state = {
        key: torch.from_numpy(np.array(value(released(key), tuple(tensor.shape)), dtype=F))
        if tensor.is_floating_point() and not key.endswith(".filt")
        else tensor
        for key, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    return network.eval()


def released(network: nn.Module) -> Callable[[str], str]:
    names = getattr(network, "RELEASED_NAMES", ())
    return lambda key: released_key(key, names)


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


def write_samples(shared: Path) -> None:
    """Sample every golden output that a method's YAML names and that is not sampled yet."""
    config = Config(ROOT)
    for golden in OF_PARTS:
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
    return listing((key, shape) for key, shape in shapes.items())


def listing(keys: Iterable[tuple[str, str]]) -> dict[str, object]:
    """How many tensors a file of weights has, and a digest of their names and shapes."""
    lines = sorted(f"{key} {shape}" for key, shape in keys)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return {"count": len(lines), "sha256": digest}


if __name__ == "__main__":
    write_samples(ROOT.parent / "shared")
