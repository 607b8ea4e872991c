"""The process that `gpu.py` starts for one checkout: it measures the cases that it is sent.

Standard input has one case per line in JSON, standard output one answer per line.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

PUBLIC_NAMES = {"mst_l": "mst"}  # where the toolbox has another name
TOOLBOX_STEPS = {
    "mst_plus_plus": 20, "mst_l": 8, "restormer": 8, "mprnet": 8, "hinet": 8, "mirnet": 8,
    "edsr": 8, "hdnet": 8, "hrnet": 8, "hscnn_plus": 8, "awan": 8,
}  # patches of 128 × 128 pixels in a step  # fmt: skip
HALF = ("bfloat16", "float16")
BANDS, WARM_UPS, LARGEST_ROUNDS = 31, 3, 20
LARGEST_BATCH = 32 * 128 * 128  # pixels; recipes for larger batches are measured with fewer patches
Case = dict[str, Any]
Images = dict[str, Any]


def serve(folder: Path, *, is_public: bool) -> None:
    """Measure the cases that standard input names, one per line."""
    answers, sys.stdout = sys.stdout, sys.stderr
    sys.path.insert(0, str(folder))
    networks: dict[str, Any] = {}
    for line in sys.stdin:
        case = json.loads(line)
        try:
            if case["method"] not in networks:
                networks.clear()
                networks[case["method"]] = build_network(folder, case["method"], is_public)
            answer = measure_case(networks[case["method"]], folder, case, is_public)
        except Exception as error:  # the other cases are measured all the same
            networks.clear()
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


@cache
def read_method(folder: Path, method: str) -> Any:
    """The configuration of a method."""
    from respectra.config import Config

    return Config(folder).method(method)


def build_network(folder: Path, method: str, is_public: bool) -> Any:
    """Build a network on the device."""
    import torch

    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if is_public:
        from architecture import model_generator

        return model_generator(PUBLIC_NAMES.get(method, method)).to(device)
    from respectra.build import build
    from respectra.device import place_network

    network = build("network", read_method(folder, method).network, bands=BANDS)
    return place_network(network, device)


def draw_inputs(folder: Path, case: Case, is_public: bool, device: Any) -> Images:
    """Random images of the size of a case, by the names of the network's arguments."""
    import torch

    method = case["method"]
    if is_public:
        sizes = (1, 482, 512) if case["what"] == "image" else (TOOLBOX_STEPS[method], 128, 128)
        generator = torch.Generator().manual_seed(0)
        sizes = (1, 16, 24) if case["tiny"] else sizes
        images = {"rgb": torch.rand(sizes[0], 3, *sizes[1:], generator=generator)}
    else:
        from respectra.costs.network import draw_images

        settings = read_method(folder, method)
        if case["tiny"]:
            sizes = (1 if case["what"] == "image" else 2, 16, 24)
        elif case["what"] == "image":
            sizes = (1, 482, 512)
        elif method in TOOLBOX_STEPS:
            sizes = (TOOLBOX_STEPS[method], 128, 128)
        else:
            phase = settings.train[0]
            sides = (phase.patch,) if isinstance(phase.patch, int) else phase.patch
            rows, columns = sides[0], sides[-1]
            sizes = (min(phase.batch, max(LARGEST_BATCH // (rows * columns), 1)), rows, columns)
        images = draw_images(settings.inputs, *sizes, bands=BANDS)
    layout = torch.channels_last
    return {key: image.to(device).contiguous(memory_format=layout) for key, image in images.items()}


def choose_arithmetic(name: str) -> None:
    """Set whether products are computed in TF32; algorithms are always chosen by measuring."""
    import torch

    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = name != "exact"
    torch.backends.cuda.matmul.allow_tf32 = name in ("fast", *HALF)


def measure_case(network: Any, folder: Path, case: Case, is_public: bool) -> Case:
    """Measure one case; see `Worker.measure`. With `once` it is computed and not timed."""
    import torch

    choose_arithmetic(case["arithmetic"])
    device = next(network.parameters()).device
    images = draw_inputs(folder, case, is_public, device)

    def autocast() -> AbstractContextManager[Any]:
        if case["arithmetic"] not in HALF:
            return nullcontext()
        return torch.autocast(device.type, dtype=getattr(torch, case["arithmetic"]))

    prepare = prepare_image if case["what"] == "image" else prepare_step
    start = time.perf_counter()
    call = prepare(network, images, autocast, case)
    call()
    if case.get("once"):
        del call
        torch.cuda.empty_cache()
        return {}
    answer = {"first_s": round(time.perf_counter() - start, 2), "size": [*images["rgb"].shape]}
    return {**answer, **time_call(call, device), **profile_call(call, device, case)}


def prepare_image(
    network: Any, images: Images, autocast: Callable[[], Any], case: Case
) -> Callable[[], object]:
    """Return a function that reconstructs an image."""
    import torch

    network.eval()

    def apply(**inputs: Any) -> Any:
        with autocast():
            return network(*inputs.values())

    function: Callable[..., Any] = apply
    if case["how"] == "graphs":
        from respectra.graphs import RecordedNetwork

        function = RecordedNetwork(apply)
    elif case["how"] == "compiled":
        from respectra.compilation import compile_function

        function = compile_function(apply, images["rgb"].device)

    def call() -> object:
        with torch.inference_mode():
            return function(**images)

    return call


def prepare_step(
    network: Any, images: Images, autocast: Callable[[], Any], case: Case
) -> Callable[[], object]:
    """Return a function that takes a training step with the MRAE."""
    import torch

    network.train()
    device = images["rgb"].device
    n, _, rows, columns = images["rgb"].shape
    cube = torch.rand(n, BANDS, rows, columns, device=device) + 0.1
    batch = {**images, "cube": cube.contiguous(memory_format=torch.channels_last)}
    on_gpu = device.type == "cuda"
    fused = True if case["how"] == "graphs" and on_gpu else None
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-6, fused=fused)
    scaler = torch.amp.GradScaler(device.type, enabled=case["arithmetic"] == "float16")

    def predict(inputs: Mapping[str, Any]) -> Any:
        *arguments, target = inputs.values()
        with autocast():
            prediction = network(*arguments)
        return ((prediction.float() - target).abs() / target).mean()

    if case["how"] == "compiled":
        from respectra.compilation import compile_function

        predict = compile_function(predict, device)

    def compute(inputs: Mapping[str, Any]) -> Any:
        loss = predict(inputs)
        scaler.scale(loss).backward()
        return loss.detach()

    function: Callable[[Mapping[str, Any]], Any] = compute
    if case["how"] == "graphs" and on_gpu:
        from respectra.graphs import RecordedGradients

        function = RecordedGradients(compute, network)

    def call() -> object:
        optimizer.zero_grad(set_to_none=True)
        loss = function(batch)
        scaler.step(optimizer)
        scaler.update()
        return loss

    return call


def time_call(call: Callable[[], object], device: Any) -> Case:
    """Return the median time of a call and, on a GPU, the memory that it takes."""
    import torch

    on_gpu = device.type == "cuda"
    finish = torch.cuda.synchronize if on_gpu else (lambda: None)
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    for _ in range(WARM_UPS):
        call()
    finish()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < 0.25 and len(times) < LARGEST_ROUNDS):
        start = time.perf_counter()
        call()
        finish()
        times.append(time.perf_counter() - start)
    answer: Case = {"ms": round(1000 * statistics.median(times), 3), "rounds": len(times)}
    if on_gpu:
        answer["gib"] = round(torch.cuda.max_memory_reserved() / 2**30, 2)
    return answer


def profile_call(call: Callable[[], object], device: Any, case: Case) -> Case:
    """Return the largest kernels of a call, if a case asks for them."""
    import torch

    if not case.get("kernels"):
        return {}
    on_gpu = device.type == "cuda"
    activity = torch.profiler.ProfilerActivity
    with torch.profiler.profile(activities=[activity.CUDA if on_gpu else activity.CPU]) as profile:
        call()
        if on_gpu:
            torch.cuda.synchronize()
    events = [
        (event.self_device_time_total if on_gpu else event.self_cpu_time_total, event)
        for event in profile.key_averages()
    ]
    largest = sorted(events, key=lambda item: -item[0])[: case["kernels"]]
    return {
        "total_ms": round(sum(duration for duration, _ in events) / 1000, 2),
        "launches": sum(event.count for _, event in events),
        "kernels": [
            (round(duration / 1000, 3), event.count, event.key[:120]) for duration, event in largest
        ],
    }


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--is-public", action="store_true")
    options = parser.parse_args()
    serve(options.folder, is_public=options.is_public)


if __name__ == "__main__":
    main()
