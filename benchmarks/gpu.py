"""Measure images and training steps on a GPU and print tables.

    python benchmarks/gpu.py --save gpu.jsonl
    python benchmarks/gpu.py --against OTHER_CHECKOUT --public MST_PLUS_PLUS_TOOLBOX

`--against` names another checkout of this repository, `--public` the folder of the public toolbox
that holds `architecture/`. Each of them runs in a process of its own; the processes take turns, so
that all see the same state of the card. A case is one image of 482 × 512 pixels, or one Adam step
of a batch of 128 × 128 pixels: 20 patches for MST++, 8 for others; for HPRN 32 patches of 64 × 64,
as in its recipe. Times are medians in milliseconds. This checkout records its kernels and replays
them (`graphs`); `--eager` measures it without, too. `default` is PyTorch's own arithmetic: TF32 in
convolutions and not in other products. Each line of `--save` is one case in JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
METHODS = (
    "mst_plus_plus", "hprn", "mst_l", "restormer", "mprnet", "hinet", "mirnet", "edsr",
    "hdnet", "awan", "hrnet", "hscnn_plus",
)  # fmt: skip
PUBLIC_NAMES = {"mst_l": "mst"}  # where the toolbox has another name
HALF = ("bfloat16", "float16")
BANDS, WARM_UPS, LARGEST_ROUNDS = 31, 3, 20
Case = dict[str, Any]


def find_size(method: str, what: str, *, tiny: bool) -> tuple[int, int, int]:
    """Return batch, rows and columns of a case; tiny ones test the script on a CPU."""
    if tiny:
        return (1 if what == "image" else 2, 16, 24)
    if what == "image":
        return 1, 482, 512
    if method == "hprn":
        return 32, 64, 64
    return (20 if method == "mst_plus_plus" else 8), 128, 128


class Worker:
    """A process that measures the networks of one checkout."""

    def __init__(self, name: str, folder: Path, *, is_public: bool) -> None:
        self.name = name
        command = [sys.executable, __file__, "--worker", str(folder)]
        self._process = subprocess.Popen(
            [*command, *(["--is-public"] if is_public else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def measure(self, case: Case) -> Case:
        """Return `ms`, `gib` and, where asked for, `kernels`; or `error`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        return json.loads(answer) if answer else {"error": "the process has ended"}


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
            answer = measure_case(*networks[case["method"]], case)
        except Exception as error:  # the other cases are measured all the same
            networks.clear()
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def build_network(folder: Path, method: str, is_public: bool) -> tuple[Any, list[int]]:
    """Build a network on the device, and the segments of the superpixels that it receives."""
    import torch
    import yaml

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if is_public:
        from architecture import model_generator

        return model_generator(PUBLIC_NAMES.get(method, method)).to(device), []
    from respectra.build import build

    settings = yaml.safe_load((folder / f"config/methods/{method}.yaml").read_text())
    network = build("network", settings["network"], bands=BANDS).to(device)
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network, (settings["inputs"].get("superpixels") or {}).get("segments", [])


def choose_arithmetic(name: str) -> None:
    """Set whether products are computed in TF32; algorithms are always chosen by measuring."""
    import torch

    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = name != "exact"
    torch.backends.cuda.matmul.allow_tf32 = name in ("fast", *HALF)


def measure_case(network: Any, segments: list[int], case: Case) -> Case:
    """Measure one case; see `Worker.measure`."""
    import torch

    choose_arithmetic(case["arithmetic"])
    device = next(network.parameters()).device
    n, rows, columns = case["size"]
    generator = torch.Generator().manual_seed(0)
    images = {"rgb": torch.rand(n, 3, rows, columns, generator=generator).to(device)}
    images["rgb"] = images["rgb"].contiguous(memory_format=torch.channels_last)
    if segments:
        size = (n, len(segments), rows, columns)
        images["superpixels"] = torch.randint(1, 200, size, generator=generator).to(device)

    def autocast() -> AbstractContextManager[Any]:
        if case["arithmetic"] not in HALF:
            return nullcontext()
        return torch.autocast(device.type, dtype=getattr(torch, case["arithmetic"]))

    prepare = prepare_image if case["what"] == "image" else prepare_step
    call = prepare(network, images, autocast, case)
    return time_call(call, device, case)


def prepare_image(
    network: Any, images: Mapping[str, Any], autocast: Callable[[], Any], case: Case
) -> Callable[[], object]:
    """Return a function that reconstructs an image."""
    import torch

    network.eval()

    def apply(**inputs: Any) -> Any:
        with autocast():
            return network(*inputs.values())

    if case["graphs"]:
        from respectra.graphs import RecordedNetwork

        function: Callable[..., Any] = RecordedNetwork(apply)
    else:
        function = apply

    def call() -> object:
        with torch.inference_mode():
            return function(**images)

    return call


def prepare_step(
    network: Any, images: Mapping[str, Any], autocast: Callable[[], Any], case: Case
) -> Callable[[], object]:
    """Return a function that takes a training step with the MRAE."""
    import torch

    network.train()
    device = images["rgb"].device
    n, rows, columns = case["size"]
    cube = torch.rand(n, BANDS, rows, columns, device=device) + 0.1
    batch = {**images, "cube": cube.contiguous(memory_format=torch.channels_last)}
    fused = True if case["graphs"] and device.type == "cuda" else None
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-6, fused=fused)
    scaler = torch.amp.GradScaler(device.type, enabled=case["arithmetic"] == "float16")

    def compute(inputs: Mapping[str, Any]) -> Any:
        *arguments, target = inputs.values()
        with autocast():
            prediction = network(*arguments)
        loss = ((prediction.float() - target).abs() / target).mean()
        scaler.scale(loss).backward()
        return loss.detach()

    function: Callable[[Mapping[str, Any]], Any] = compute
    if case["graphs"] and device.type == "cuda":
        from respectra.graphs import RecordedGradients

        function = RecordedGradients(compute, network)

    def call() -> object:
        optimizer.zero_grad(set_to_none=True)
        loss = function(batch)
        scaler.step(optimizer)
        scaler.update()
        return loss

    return call


def time_call(call: Callable[[], object], device: Any, case: Case) -> Case:
    """Return the median time of a call, its memory and perhaps its largest kernels."""
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
    if case.get("kernels"):
        activity = torch.profiler.ProfilerActivity
        kind = activity.CUDA if on_gpu else activity.CPU
        with torch.profiler.profile(activities=[kind]) as profile:
            call()
            finish()
        events = [
            (event.self_device_time_total if on_gpu else event.self_cpu_time_total, event)
            for event in profile.key_averages()
        ]
        largest = sorted(events, key=lambda item: -item[0])[: case["kernels"]]
        answer["total_ms"] = round(sum(duration for duration, _ in events) / 1000, 2)
        answer["launches"] = sum(event.count for _, event in events)
        answer["kernels"] = [
            (round(duration / 1000, 3), event.count, event.key[:120]) for duration, event in largest
        ]
    return answer


def list_cases(options: argparse.Namespace, method: str) -> list[tuple[str, Case]]:
    """All cases of a method and the workers that measure them, in turns."""
    cases = []
    for what in ("image", "step"):
        size = find_size(method, what, tiny=options.tiny)
        common = {"method": method, "what": what, "size": size}
        half = "float16" if method == "hprn" and what == "step" else "bfloat16"
        for arithmetic in ("fast", half, "exact"):
            kernels = options.kernels if arithmetic == "fast" else 0
            case = {**common, "arithmetic": arithmetic, "graphs": True, "kernels": kernels}
            cases.append(("this", case))
            if arithmetic != "exact":
                plain = "default" if arithmetic == "fast" else arithmetic
                case = {**common, "arithmetic": plain, "graphs": False}
                cases += [(other, case) for other in ("against", "public")]
                if options.eager:
                    cases.append(("this", {**case, "arithmetic": arithmetic}))
    return cases


def format_row(worker: str, case: Case) -> str:
    """Describe a measured case in one line."""
    how = "graphs" if case["graphs"] else "eager"
    result = case.get("error") or f"{case['ms']:9.2f} ms {case.get('gib', 0):6.2f} GiB"
    row = f"{case['method']:14} {case['what']:6} {case['arithmetic']:9} {worker:8} {how:7} {result}"
    lines = [f"    {ms:8.3f} ms {count:5} × {name}" for ms, count, name in case["kernels"] or ()]
    return "\n".join([row, *lines])


def main() -> None:
    """Measure the cases until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--against", type=Path, help="another checkout of this repository")
    parser.add_argument("--public", type=Path, help="a folder with the toolbox's `architecture/`")
    parser.add_argument("--eager", action="store_true", help="also without graphs")
    parser.add_argument("--kernels", type=int, default=0, help="number of the largest to print")
    parser.add_argument("--seconds", type=float, default=480, help="after which no case is started")
    parser.add_argument("--save", type=Path, help="a file of JSON lines")
    parser.add_argument("--tiny", action="store_true", help="sizes that test this script")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--is-public", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(options.worker, is_public=options.is_public)
        return
    start = time.monotonic()
    folders = {"this": ROOT, "against": options.against, "public": options.public}
    workers = {
        name: Worker(name, folder, is_public=name == "public")
        for name, folder in folders.items()
        if folder is not None
    }
    for method in options.methods:
        for name, case in list_cases(options, method):
            is_known = name != "public" or method != "hprn"  # the toolbox has no HPRN
            if name in workers and is_known and time.monotonic() - start < options.seconds:
                case = {"kernels": 0, **case, **workers[name].measure(case)}
                print(format_row(name, case), flush=True)
                if options.save:
                    with open(options.save, "a", encoding="utf-8") as file:
                        file.write(json.dumps({"package": name, **case}) + "\n")


if __name__ == "__main__":
    main()
