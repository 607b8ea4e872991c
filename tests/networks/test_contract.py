"""Properties of every network. The YAML files of the methods determine the networks."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from respectra.build import ConfigError, build, locate
from respectra.config import Config, Method
from respectra.costs.network import (
    count_multiply_accumulates,
    count_parameters,
    draw_images,
)
from respectra.device import autocast, place_network, set_arithmetic
from respectra.graphs import RecordedNetwork
from respectra.networks.released import find_idle, load_released, released_state
from respectra.plans.steps import plan_reconstruct, plan_train
from respectra.reconstruct import reconstruct_split
from respectra.score import score_split
from respectra.train import checkpoint
from respectra.train.loop import train_network
from tests.conftest import ROOT, SHARED, Data
from tests.networks.golden import (
    SAMPLES,
    choose_filling,
    deviation,
    fill,
    golden_images,
    summarise_keys,
    translate_keys,
)

CONFIG = Config(ROOT)
NETWORKS = [m for m in CONFIG.methods if CONFIG.kind(m) == "network"]
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
GROUPED = ("respectra.networks.hsrnet", "respectra.networks.ponet_plus")  # bands in three groups
ALL = [m + v for m in NETWORKS for v in ["", *(f"-{v}" for v in CONFIG.variants(m))]]


def build_network(method: Method, bands: int = 31, seed: int = 0) -> nn.Module:
    assert method.network is not None
    torch.manual_seed(seed)
    return build("network", method.network, bands=bands).eval()


def draw_inputs(
    method: Method, rows: int, columns: int, count: int = 1, bands: int = 31
) -> dict[str, Tensor]:
    assert method.inputs is not None
    return draw_images(method.inputs, count, rows, columns, bands=bands)


@pytest.mark.parametrize("name", ALL)
def test_the_parameter_count_is_the_published_one(name: str) -> None:
    method = CONFIG.method(name)
    assert method.expect.parameters is not None, "expect.parameters is not stated"
    network = build_network(method)
    assert count_parameters(network) == method.expect.parameters
    assert sum(p.numel() for p in find_idle(network).values()) == (method.expect.idle or 0)


COUNTED = [
    name
    for name in ALL
    if "-" not in name
    or any(key.startswith(("network.", "inputs.", "expect.")) for key in CONFIG.changes(name))
]


@pytest.mark.parametrize("name", COUNTED)
def test_multiplications_are_the_stated_ones(name: str) -> None:
    """A variant does not inherit the count of another network."""
    method = CONFIG.method(name)
    assert method.expect.macs is not None, "expect.macs is not stated"
    with torch.device("meta"):
        network = build_network(method)
    macs = count_multiply_accumulates(network, draw_inputs(method, 256, 256))
    assert macs == pytest.approx(method.expect.macs, rel=1e-6)


def test_the_channel_relations_of_table_iv_are_counted() -> None:
    """Ten of them at 200 channels: linear layers, products of the attention, gates."""
    baseline = CONFIG.method("hprn-baseline").expect.macs
    for name, grid in (("grid_1", 1), ("grid_2", 2), ("tcrm", 4), ("grid_8", 8)):
        macs, length = CONFIG.method(f"hprn-{name}").expect.macs, grid**2
        assert macs is not None
        assert baseline is not None
        expected = 10 * (4 * 200 * length**2 + 2 * 200**2 * length + 2 * 200 * 12)
        assert macs - baseline == expected


@pytest.mark.parametrize(
    ("name", "golden"), [(n, g) for n in ALL for g in CONFIG.method(n).expect.golden]
)
def test_it_computes_the_public_networks_function(name: str, golden: str) -> None:
    """All values are compared if the reference material is available, else the sampled ones."""
    network = build_network(CONFIG.method(name))
    fill(network, choose_filling(golden), translate_keys(network))
    with torch.no_grad():
        output = network(golden_images())
    tolerance = 1e-4 if golden.startswith("hprn/") else 2e-5
    assert deviation(output, golden) <= tolerance
    if SHARED.is_dir():
        assert deviation(output, golden, SHARED) <= tolerance


@pytest.mark.parametrize("name", ALL)
def test_a_network_accepts_any_size_and_any_number_of_bands(name: str) -> None:
    method = CONFIG.method(name, small=True)
    for bands, rows, columns in ((31, 50, 70), (31, 17, 9), (16, 33, 24)):
        with torch.no_grad():
            cube = build_network(method, bands)(**draw_inputs(method, rows, columns, bands=bands))
        assert cube.shape == (1, bands, rows, columns)
        assert cube.isfinite().all()


@pytest.mark.parametrize("name", COUNTED)
def test_the_smallest_images_and_fewest_bands_are_reconstructed_or_refused(name: str) -> None:
    """A network that cannot have so few bands says so when it is built."""
    method = CONFIG.method(name, small=True)
    for bands, rows, columns in ((1, 1, 1), (2, 1, 2), (3, 9, 1), (4, 2, 3), (5, 4, 7)):
        if bands < 3 and locate("network", method.network["is"])[0] in GROUPED:  # type: ignore[index]
            with pytest.raises(
                ConfigError, match=f"groups need as many bands, but there are {bands}"
            ):
                build_network(method, bands)
            continue
        network = build_network(method, bands)
        with torch.no_grad():
            cube = network(**draw_inputs(method, rows, columns, bands=bands))
        assert cube.shape == (1, bands, rows, columns)
        assert cube.isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_every_parameter_has_a_gradient_unless_it_is_declared_idle(name: str) -> None:
    """MIRNet's public code has 1.50 M parameters without a gradient."""
    method = CONFIG.method(name, small=True)
    without_gradient = None
    for seed in range(4):  # a PReLU's slope has no gradient if no input is negative
        network = build_network(method, seed=seed).train()
        with torch.no_grad():  # parameters of zero block the gradient of others
            for parameter in network.parameters():
                if not parameter.any():
                    parameter += 0.1 * torch.rand_like(parameter)
        network(**draw_inputs(method, 32, 32, 2)).square().mean().backward()
        names = {k for k, p in network.named_parameters() if p.grad is None or not p.grad.any()}
        without_gradient = names if without_gradient is None else without_gradient & names
    assert without_gradient == set(find_idle(network))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_of_two_equals_two_batches_of_one(name: str) -> None:
    method = CONFIG.method(name, small=True)
    network, batch = build_network(method), draw_inputs(method, 24, 32, 2)
    with torch.no_grad():
        cubes = network(**batch)
        for i in range(2):
            cube = network(**{key: value[i : i + 1] for key, value in batch.items()})
            torch.testing.assert_close(cubes[i : i + 1], cube, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_network(name: str) -> None:
    method = CONFIG.method(name, small=True)
    first, second = (build_network(method).state_dict() for _ in range(2))
    for key, value in first.items():
        assert torch.equal(value, second[key]), key


@pytest.mark.parametrize("name", NETWORKS)
def test_bfloat16_gives_finite_values(name: str) -> None:
    method = CONFIG.method(name, small=True)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert build_network(method)(**draw_inputs(method, 32, 32)).isfinite().all()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_output_of_a_network_in_double_precision_is_double(name: str) -> None:
    method = CONFIG.method(name, small=True)
    inputs = {
        k: v.double() if v.is_floating_point() else v
        for k, v in draw_inputs(method, 16, 16).items()
    }
    with torch.no_grad():
        assert build_network(method).double()(**inputs).dtype == torch.float64


@pytest.mark.parametrize("name", NETWORKS)
def test_the_output_does_not_depend_on_the_memory_format(name: str) -> None:
    method = CONFIG.method(name, small=True)
    network, inputs = build_network(method), draw_inputs(method, 32, 40)
    with torch.no_grad():
        plain = network(**inputs)
        inputs["rgb"] = inputs["rgb"].contiguous(memory_format=torch.channels_last)
        place_network(network, torch.device("cpu"))
        torch.testing.assert_close(network(**inputs), plain, rtol=1e-3, atol=1e-5)


class OutputDevices(TorchDispatchMode):
    """Notes the devices of all tensors that operations return."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        self.devices |= {tensor.device.type for tensor in tensors}
        return result


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_builds_nothing_on_the_cpu_again(name: str) -> None:
    """A CUDA graph cannot copy from the CPU; only the first calls, which are not recorded, may."""
    method = CONFIG.method(name, small=True)
    network = build_network(method).to("meta")
    inputs = {key: value.to("meta") for key, value in draw_inputs(method, 32, 32, 2).items()}
    network(**inputs)
    with OutputDevices() as operations:
        network(**inputs)
    assert operations.devices == {"meta"}


@GPU
@pytest.mark.parametrize("name", NETWORKS)
def test_a_recorded_network_is_the_network(name: str) -> None:
    method = CONFIG.method(name, small=True)
    network = place_network(build_network(method), torch.device("cuda"))
    inputs = {key: value.cuda() for key, value in draw_inputs(method, 32, 32, 2).items()}
    with torch.inference_mode():
        torch.testing.assert_close(RecordedNetwork(network)(**inputs), network(**inputs))


@GPU
@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_computes_what_the_cpu_computes(name: str) -> None:
    """Networks have full size. TF32, PyTorch's default for convolutions, has three digits."""
    method = CONFIG.method(name)
    network, inputs = build_network(method), draw_inputs(method, 64, 80)
    with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False):
        on_cpu = network(**inputs)
        place_network(network, torch.device("cuda"))
        on_gpu = network(**{key: value.cuda() for key, value in inputs.items()}).cpu()
    assert (on_gpu - on_cpu).abs().max() <= 1e-4 * on_cpu.abs().max()


# Relative deviations, in the norm over the cube; an H200 gave at most 0.0007 and 0.014.
TOLERANCES = {"fast": 0.002, "bfloat16": 0.03}


@GPU
@pytest.mark.parametrize("arithmetic", TOLERANCES)
@pytest.mark.parametrize("name", NETWORKS)
def test_rounded_factors_change_little(name: str, arithmetic: str) -> None:
    method = CONFIG.method(name)
    network, inputs = build_network(method), draw_inputs(method, 64, 80)
    device = torch.device("cuda")
    precision = torch.float32 if arithmetic == "fast" else torch.bfloat16
    with torch.no_grad():
        exact = network(**inputs)
        place_network(network, device)
        try:
            set_arithmetic("fast")
            with autocast(precision, device):
                rounded = network(**{key: value.cuda() for key, value in inputs.items()})
        finally:
            set_arithmetic("exact")
    assert (rounded.float().cpu() - exact).norm() <= TOLERANCES[arithmetic] * exact.norm()


@GPU
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_trains_in_half_precision(name: str, precision: str) -> None:
    """At full size no value overflows, and the scaled gradients change the parameters."""
    method = CONFIG.method(name)
    network, inputs = build_network(method).train().cuda(), draw_inputs(method, 64, 64, 2)
    inputs = {key: value.cuda() for key, value in inputs.items()}
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)
    scaler = torch.amp.GradScaler("cuda", enabled=precision == "float16")
    before = [parameter.detach().clone() for parameter in network.parameters()]
    for _ in range(24):  # the first scales may be too large; each is half the previous one
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=getattr(torch, precision)):
            cube = network(**inputs)
        assert cube.isfinite().all()
        scaler.scale((cube.float() - 0.5).abs().mean()).backward()
        scaler.step(optimizer)
        scaler.update()
        if any(not torch.equal(p, b) for p, b in zip(network.parameters(), before, strict=True)):
            break
    else:
        pytest.fail("the parameters do not change with any scale")
    assert all(parameter.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize("name", [n for n in ALL if f"keys/{n}" in SAMPLES])
def test_released_keys_and_shapes_are_those_of_the_published_file(name: str) -> None:
    network = build_network(CONFIG.method(name))
    translate = translate_keys(network)
    summary = summarise_keys(
        (translate(key), "x".join(str(s) for s in value.shape))
        for key, value in network.state_dict().items()
    )
    assert summary == SAMPLES[f"keys/{name}"]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_loads_its_released_state(name: str) -> None:
    method = CONFIG.method(name, small=True)
    source, target = build_network(method, seed=0), build_network(method, seed=1)
    load_released(target, {f"module.{key}": value for key, value in released_state(source).items()})
    for key, value in target.state_dict().items():
        assert torch.equal(value, source.state_dict()[key]), key


@pytest.mark.parametrize("name", NETWORKS)
def test_it_compiles_to_one_graph(name: str) -> None:
    """The eager backend suffices: compilers of the graph belong to PyTorch."""
    method = CONFIG.method(name, small=True)
    network, inputs = build_network(method), draw_inputs(method, 32, 32)
    torch._dynamo.reset()
    with torch.no_grad():
        compiled = torch.compile(network, backend="eager", fullgraph=True)
        torch.testing.assert_close(compiled(**inputs), network(**inputs))


@pytest.mark.parametrize("name", NETWORKS)
def test_it_exports(name: str) -> None:
    method = CONFIG.method(name, small=True)
    network, inputs = build_network(method), draw_inputs(method, 32, 32)
    with torch.no_grad():
        exported = torch.export.export(network, (), kwargs=inputs)
        torch.testing.assert_close(exported.module()(**inputs), network(**inputs))


@pytest.mark.parametrize("name", NETWORKS)
def test_it_trains_resumes_reconstructs_and_is_scored(
    name: str, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of the workflow with the budget smoke, in one process."""
    data_files = {"scenes": data.scenes, "observations": data.observations}
    recipe = plan_train(CONFIG, name, "smoke")
    products = ("checkpoint.pt", "history.csv", "plan.yaml")

    def run(folder: Path) -> dict[str, bytes]:
        outputs = {f"save_{file.partition('.')[0]}": folder / file for file in products}
        train_network(plan=recipe, **data_files, seed=0, **outputs, device="cpu", save_seconds=0)
        return {file: (folder / file).read_bytes() for file in products}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    whole = run(tmp_path / "whole")
    # The training stops after the first checkpoint.
    save = checkpoint.save
    monkeypatch.setattr(checkpoint, "save", lambda *args: (save(*args), stop()))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped")
    monkeypatch.setattr(checkpoint, "save", save)
    assert run(tmp_path / "stopped") == whole

    reconstruct_split(
        plan=plan_reconstruct(CONFIG, name, "smoke-seed0"), **data_files, split="valid",
        checkpoint_file=tmp_path / "whole/checkpoint.pt", save=tmp_path / "valid.h5", device="cpu",
    )  # fmt: skip
    score_split(
        plan={"margin": 4, "colours": False, "code": ""}, reconstructions=tmp_path / "valid.h5", scenes=data.scenes,
        response=data.response, split="valid", save=tmp_path / "valid.csv",
    )  # fmt: skip
    rows = (tmp_path / "valid.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 2
    assert "nan" not in "".join(rows)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_header_says_where_a_network_comes_from(name: str) -> None:
    method = CONFIG.method(name)
    assert method.network is not None
    module = inspect.getmodule(type(build_network(CONFIG.method(name, small=True))))
    assert module is not None
    assert module.__name__ == locate("network", method.network["is"])[0]
    header = module.__doc__ or ""
    assert all(
        re.search(rf"^{word} +\S", header, re.M) for word in ("Paper", "Original", "Differs")
    )
