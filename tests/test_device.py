import platform
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from respectra.device import (
    autocast,
    choose_convolutions,
    choose_device,
    choose_precision,
    describe_device,
    describe_machine,
    place_network,
    set_arithmetic,
)
from respectra.networks.layers import multiply_pixels

CPU = torch.device("cpu")
SLOW, ONEDNN = "aten::_slow_conv2d_forward", "aten::mkldnn_convolution"


def test_the_cpu_can_be_forced() -> None:
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize(("has_gpu", "name"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_the_gpu_if_pytorch_sees_one(
    monkeypatch: pytest.MonkeyPatch, has_gpu: bool, name: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert choose_device("auto").type == name


def test_a_gpu_that_is_not_there_is_no_silent_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="PyTorch sees no GPU"):
        choose_device("cuda")


def test_float16_is_float32_on_a_cpu_and_bfloat16_stays() -> None:
    assert choose_precision("float16", CPU) == torch.float32
    assert choose_precision("bfloat16", CPU) == torch.bfloat16


def test_autocast_computes_in_the_precision_asked_for() -> None:
    x = torch.ones(2, 2)
    with autocast(torch.bfloat16, CPU):
        assert (x @ x).dtype == torch.bfloat16
    with autocast(torch.float32, CPU):
        assert (x @ x).dtype == torch.float32


def test_the_device_is_described_for_people() -> None:
    assert describe_device(CPU).startswith("CPU, ")


@pytest.mark.parametrize(("name", "is_rounded"), [("exact", False), ("fast", True)])
def test_fast_arithmetic_rounds_factors_on_a_gpu(name: str, is_rounded: bool) -> None:
    try:
        set_arithmetic(name)
        assert torch.backends.cuda.matmul.allow_tf32 == is_rounded
        assert torch.backends.cudnn.allow_tf32 == is_rounded
        assert torch.backends.cudnn.benchmark == is_rounded
    finally:
        set_arithmetic("exact")


def test_an_unknown_arithmetic_is_an_error() -> None:
    with pytest.raises(ValueError, match="arithmetic: quick is neither exact nor fast"):
        set_arithmetic("quick")


def test_a_machine_is_described_by_what_changes_the_last_digits() -> None:
    set_arithmetic("exact")
    machine = describe_machine(CPU)
    assert machine == {
        "device": "cpu", "threads": torch.get_num_threads(), "torch": torch.__version__,
        "arithmetic": "exact",
    }  # fmt: skip


def test_a_network_with_a_3_d_convolution_is_placed_too() -> None:
    """PyTorch's own `to(memory_format=channels_last)` refuses it."""
    network = torch.nn.Sequential(torch.nn.Conv2d(4, 4, 3), torch.nn.Conv3d(1, 1, 3))
    before = [p.clone() for p in network.parameters()]
    place_network(network, CPU)
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(p, b) for p, b in zip(network.parameters(), before, strict=True))


def list_convolutions(function: Callable[[], object]) -> set[str]:
    """Names of the convolutions that PyTorch chooses with one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.profiler.profile() as profile, torch.inference_mode():
            function()
    finally:
        torch.set_num_threads(threads)
    return {event.key for event in profile.key_averages()} & {SLOW, ONEDNN}


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="PyTorch has no oneDNN")
def test_convolutions_of_one_pixel_are_onednns_with_one_thread() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(8, 16, 1), torch.nn.Conv2d(16, 4, 1, bias=False))
    image = torch.rand(1, 8, 64, 64).contiguous(memory_format=torch.channels_last)
    plain = network(image)
    assert list_convolutions(lambda: network(image)) == {SLOW}
    place_network(network, CPU)
    assert list_convolutions(lambda: network(image)) == {ONEDNN}
    assert list_convolutions(lambda: multiply_pixels(image, torch.rand(16, 8))) == {ONEDNN}
    torch.testing.assert_close(network(image), plain)


def test_other_convolutions_and_devices_keep_a_dilation_of_one() -> None:
    convolutions = (
        torch.nn.Conv2d(4, 4, 1), torch.nn.Conv2d(4, 4, 1, stride=2), torch.nn.Conv2d(4, 4, 3)
    )  # fmt: skip
    network = place_network(torch.nn.Sequential(*convolutions), CPU)
    assert [c.dilation for c in network] == [(2, 2), (1, 1), (1, 1)]
    choose_convolutions(network, torch.device("cuda"))
    assert [c.dilation for c in network] == [(1, 1)] * 3


FAULTS = """
import resource, torch
from respectra.device import keep_freed_memory
def faults():
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(16 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start
before = [faults() for _ in range(8)]
accepted = keep_freed_memory()
after = [faults() for _ in range(32)]
print(accepted, sum(before) // 8, sum(after[16:]) // 16)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone")
def test_freed_memory_is_reused() -> None:
    """64 MiB are 16,384 pages, which glibc alone gives back and fetches every time."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True)
    accepted, before, after = done.stdout.split()
    assert accepted == "True"
    assert int(before) > 4 * int(after)
