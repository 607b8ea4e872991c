"""Measure the toolbox's networks on a CPU, ours and the public ones, and print their ratios.

    python benchmarks/public.py --public MST_PLUS_PLUS_TOOLBOX/train_code

`--public` names the folder of the public toolbox that holds `architecture/`; it is no part of this
project. Both sides run in processes of their own, which take turns, so that other programs on the
machine slow both alike. A time is the least of the rounds. With one thread it is processor time:
unlike the time on the wall it does not contain the time of other programs. With several threads,
which wait for one another, it is the time on the wall, and the machine must be idle. Each network's
case is one Adam step of one patch of 128 × 128 pixels; MST++ also reconstructs an image of
482 × 512.

`--convolutions` needs no public code. It prints which share of the time of all operations of our
step convolutions take, and how many multiplications and additions they do in a second, beside a
3 × 3 convolution of 64 features, which shows what the machine can do.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
METHODS = (
    "mst_plus_plus", "mst_l", "mirnet", "hinet", "mprnet", "restormer", "edsr", "hdnet", "hrnet",
    "hscnn_plus", "awan",
)  # fmt: skip
PUBLIC_NAMES = {"mst_l": "mst"}  # where the toolbox has another name
BANDS, PATCH, IMAGE = 31, (128, 128), (482, 512)
Case = dict[str, Any]


class Worker:
    """A process that measures the networks of one side."""

    def __init__(self, folder: Path, threads: int, *, is_public: bool) -> None:
        command = [sys.executable, __file__, "--worker", str(folder), "--threads", str(threads)]
        self._process = subprocess.Popen(
            [*command, *(["--is-public"] if is_public else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def measure(self, case: Case) -> float:
        """Return the seconds of one call.

        Raises:
            RuntimeError: the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process for {case['method']} has ended")
        return float(answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve(folder: Path, threads: int, *, is_public: bool) -> None:
    """Measure the cases that standard input names, one per line."""
    import torch

    torch.set_num_threads(threads)
    read_clock = time.process_time if threads == 1 else time.perf_counter
    answers, sys.stdout = sys.stdout, sys.stderr
    sys.path.insert(0, str(folder))
    calls: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        case = json.loads(line)
        if line not in calls:
            calls.clear()
            calls[line] = prepare_call(case, is_public=is_public)
            calls[line]()  # to warm up
        start = read_clock()
        calls[line]()
        answers.write(f"{read_clock() - start}\n")
        answers.flush()


def prepare_call(case: Case, *, is_public: bool) -> Callable[[], object]:
    """Return a function that reconstructs an image or takes a training step."""
    import torch

    torch.manual_seed(0)
    layout = torch.contiguous_format if is_public else torch.channels_last
    network = build_network(case["method"], is_public=is_public)
    rows, columns = case["size"]
    rgb = torch.rand(1, 3, rows, columns).contiguous(memory_format=layout)
    if case["what"] == "image":
        network.eval()

        def reconstruct() -> None:
            with torch.no_grad():
                network(rgb)

        return reconstruct
    cube = (torch.rand(1, BANDS, rows, columns) + 0.1).contiguous(memory_format=layout)
    optimizer = build_adam(list(network.parameters()), is_public=is_public)

    def train() -> None:
        optimizer.zero_grad()
        ((network(rgb) - cube).abs() / cube).mean().backward()
        optimizer.step()

    return train


def build_adam(parameters: list[Any], *, is_public: bool) -> Any:
    """Build the optimizer as the jobs of its project do."""
    import torch

    if is_public:
        return torch.optim.Adam(parameters, lr=1e-5)
    from respectra.train.objective import build_optimizer

    return build_optimizer({"is": "torch.optim:Adam", "lr": 1e-5}, parameters, torch.device("cpu"))


def build_network(method: str, *, is_public: bool) -> Any:
    """Build a network as the jobs of its project do."""
    if is_public:
        import torch

        torch.nn.Module.cuda = lambda self, device=None: self  # type: ignore[method-assign]
        from architecture import model_generator

        return model_generator(PUBLIC_NAMES.get(method, method))
    from respectra.build import build
    from respectra.config import Config
    from respectra.device import choose_device, keep_freed_memory, place_network

    keep_freed_memory()
    network = build("network", Config(ROOT).method(method).network, bands=BANDS)
    return place_network(network, choose_device("cpu"))


def measure_convolutions(step: Callable[[], object]) -> tuple[float, float]:
    """Return the share of convolutions in the time of operations, and their operations per second.

    Each operation of a step is timed. PyTorch's profiler keeps memory, so that the operating system
    maps new pages during a profiled step, which takes time that other steps do not take.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import FlopCounterMode

    class Timer(TorchDispatchMode):
        convolutions_s = others_s = 0.0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
        ) -> Any:
            start = time.perf_counter()
            result = func(*args, **(kwargs or {}))
            elapsed_s = time.perf_counter() - start
            if func.overloadpacket in (aten.convolution, aten.convolution_backward):
                self.convolutions_s += elapsed_s
            else:
                self.others_s += elapsed_s
            return result

    aten = torch.ops.aten
    with FlopCounterMode(display=False) as counter:
        step()
    # The gradients of the features and of the weights take as many operations as the convolution.
    operations = 3 * counter.get_flop_counts()["Global"][aten.convolution]
    timers = []
    for _ in range(5):
        with Timer() as timer:
            step()
        timers.append(timer)
    fastest = min(timers, key=lambda timer: timer.convolutions_s + timer.others_s)
    share = fastest.convolutions_s / (fastest.convolutions_s + fastest.others_s)
    return share, operations / fastest.convolutions_s


def prepare_convolution() -> Callable[[], object]:
    """Return a function that computes a 3 × 3 convolution of 64 features and its gradients."""
    import torch

    from respectra.device import place_network

    layout = torch.channels_last
    convolution = torch.nn.Conv2d(64, 64, 3, padding=1, bias=False)
    place_network(convolution, torch.device("cpu"))
    features = torch.rand(1, 64, *PATCH).contiguous(memory_format=layout).requires_grad_()
    gradient = torch.rand(1, 64, *PATCH).contiguous(memory_format=layout)
    return lambda: convolution(features).backward(gradient)


def print_convolutions(methods: Sequence[str]) -> None:
    """Print a row for each network and one for the convolution alone."""
    print("\n| network | share of convolutions, % | their GFLOP/s |\n|---|---|---|")
    for method in methods:
        step = prepare_call({"method": method, "what": "step", "size": PATCH}, is_public=False)
        step()
        share, rate = measure_convolutions(step)
        print(f"| {method} | {100 * share:.0f} | {rate / 1e9:.0f} |", flush=True)
    _, rate = measure_convolutions(prepare_convolution())
    print(f"| 3 × 3, 64 features | | {rate / 1e9:.0f} |")


def compare(case: Case, ours: Worker, public: Worker, rounds: int) -> str:
    """Return a line of the table: the least time of each side and their ratio."""
    times = [(ours.measure(case), public.measure(case)) for _ in range(rounds)]
    our_least, public_least = (min(side) for side in zip(*times, strict=True))
    rows, columns = case["size"]
    name = f"{case['what']} {rows}×{columns}"
    ratio = our_least / public_least
    return f"| {case['method']} | {name} | {our_least:.2f} | {public_least:.2f} | {ratio:.2f} |"


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--public", type=Path, help="the folder that holds architecture/")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--convolutions", action="store_true", help="time our operations instead")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--is-public", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(options.worker, options.threads, is_public=options.is_public)
        return
    if options.convolutions:
        import torch

        torch.set_num_threads(options.threads)
        print_convolutions(options.methods)
        return
    if options.public is None:
        parser.error("--public: name the folder of the public toolbox that holds architecture/")
    import torch

    threads = options.threads
    processor = platform.processor() or platform.machine()
    print(f"{processor}, PyTorch {torch.__version__}, threads: {threads}")
    print("\n| network | case | ours, s | public, s | ratio |\n|---|---|---|---|---|")
    cases = [{"method": name, "what": "step", "size": PATCH} for name in options.methods]
    if "mst_plus_plus" in options.methods:
        cases.insert(0, {"method": "mst_plus_plus", "what": "image", "size": IMAGE})
    for case in cases:
        public = options.public.resolve()
        workers = Worker(ROOT, threads, is_public=False), Worker(public, threads, is_public=True)
        print(compare(case, *workers, options.rounds), flush=True)
        for worker in workers:
            worker.close()


if __name__ == "__main__":
    main()
