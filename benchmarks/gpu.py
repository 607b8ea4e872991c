"""Measure images and training steps on a GPU and print tables.

    python benchmarks/gpu.py --save gpu.jsonl
    python benchmarks/gpu.py --against OTHER_CHECKOUT --public TOOLBOX/train_code
    python benchmarks/gpu.py --methods others --kernels 3

`--variant` and `--against` name other checkouts of this repository, `--public` the folder of the
public toolbox that holds `architecture/`. Each network of each of them runs in a process of its
own. First each process computes its cases once, a few processes at a time (`--lanes`): this
compiles kernels and chooses algorithms. Then the processes take turns, so that all see the same
state of the card.

A case is one image of 482 × 512 pixels, or one Adam step of a batch of 128 × 128 pixels: 20 patches
for MST++, 8 for the toolbox's other networks, the recipe's patches and batch for the rest. Times
are medians in milliseconds. This checkout records its kernels and replays them (`graphs`);
`--eager` measures it without, too, and `--compiled` names networks that are also measured with
`torch.compile`. `default` is PyTorch's own arithmetic: TF32 in convolutions and not in other
products. Each line of `--save` is one case in JSON.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TOOLBOX = (
    "mst_plus_plus", "mst_l", "restormer", "mprnet", "hinet", "mirnet", "edsr", "hdnet", "hrnet",
    "hscnn_plus", "awan",
)  # fmt: skip
CASES = Path(__file__).with_name("gpu_cases.py")
HALF = {("hprn", "step"): "float16"}  # its recipe's precision; all other cases use bfloat16
Case = dict[str, Any]


class Worker:
    """A process that measures the networks of one checkout."""

    def __init__(self, folder: Path, *, is_public: bool = False) -> None:
        command = [sys.executable, str(CASES), str(folder)]
        self._process = subprocess.Popen(
            [*command, *(["--is-public"] if is_public else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def measure(self, case: Case) -> Case:
        """Return `ms`, `gib` and, where asked for, `kernels`; or `error`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(case) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return json.loads(answer) if answer else {"error": "the process has ended"}

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def prepare_networks(options: argparse.Namespace) -> dict[tuple[str, str], Worker]:
    """Start a process for each network of each package, and compute its cases once.

    Several processes do so at a time: they compile kernels and choose algorithms, mostly on the
    CPU. Afterwards each case is timed alone.
    """
    folders = {"this": ROOT, "variant": options.variant}
    folders |= {"against": options.against, "public": options.public}
    workers = {
        (package, method): Worker(folder.resolve(), is_public=package == "public")
        for method in options.methods
        for package, folder in folders.items()
        if folder is not None and (package != "public" or method in TOOLBOX)
    }

    def prepare(package: str, method: str) -> None:
        for case_package, case in list_cases(options, method):
            if case_package == package:
                workers[package, method].measure({**case, "how": "eager", "once": True})

    with ThreadPoolExecutor(options.lanes) as pool:
        for _ in pool.map(lambda key: prepare(*key), workers):
            pass
    return workers


def start_compilation(method: str, *, tiny: bool) -> tuple[Worker, Future[None]]:
    """Compile a network's image and step by `torch.compile` in a process, beside other work."""
    worker = Worker(ROOT)
    pool = ThreadPoolExecutor(1)

    def compute() -> None:
        for case in list_compiled_cases(method, tiny=tiny):
            worker.measure({**case, "once": True})

    return worker, pool.submit(compute)


def list_compiled_cases(method: str, *, tiny: bool) -> list[Case]:
    """The cases of a network that `torch.compile` has compiled."""
    common = {"method": method, "arithmetic": "fast", "how": "compiled", "tiny": tiny}
    return [{**common, "what": what} for what in ("image", "step")]


def list_cases(options: argparse.Namespace, method: str) -> Iterator[tuple[str, Case]]:
    """All cases of a method and the packages that they measure, in turns."""
    for what in ("image", "step"):
        common = {"method": method, "what": what, "tiny": options.tiny}
        for name in options.arithmetics:
            arithmetic = HALF.get((method, what), "bfloat16") if name == "half" else name
            kernels = options.kernels if arithmetic == "fast" else 0
            case = {**common, "arithmetic": arithmetic, "how": "graphs", "kernels": kernels}
            yield "this", case
            yield "variant", case
            if arithmetic != "exact":
                plain = "default" if arithmetic == "fast" else arithmetic
                eager = {**common, "arithmetic": plain, "how": "eager"}
                yield "against", eager
                if method in TOOLBOX:
                    yield "public", eager
                if options.eager:
                    yield "this", {**eager, "arithmetic": arithmetic}


def format_row(package: str, case: Case) -> str:
    """Describe a measured case in one line, and its kernels in further ones."""
    result = (
        case.get("error")
        or f"{case['ms']:9.2f} ms {case.get('gib', 0):6.2f} GiB, first {case['first_s']:.1f} s"
    )
    row = f"{case['method']:14} {case['what']:6} {case['arithmetic']:9} {package:8} {case['how']:8}"
    lines = [f"{row} {result}"]
    if case.get("kernels") and "error" not in case:
        lines.append(f"    {case['total_ms']:8.3f} ms {case['launches']:5} × all kernels")
        lines += [f"    {ms:8.3f} ms {count:5} × {name}" for ms, count, name in case["kernels"]]
    return "\n".join(lines)


def format_table(results: Sequence[tuple[str, Case]]) -> str:
    """Return a table in Markdown with a row for each network's image and step."""
    times: dict[tuple[str, str], dict[str, float]] = {}
    for package, case in results:
        column = "half" if case["arithmetic"] in ("bfloat16", "float16") else case["arithmetic"]
        name = f"{package} {column} {case['how']}"
        row = times.setdefault((case["method"], case["what"]), {})
        if "ms" in case:
            row[name] = case["ms"]
    columns = {
        "exact": "this exact graphs", "fast": "this fast graphs", "half precision":
        "this half graphs", "variant": "variant fast graphs", "variant, half":
        "variant half graphs", "compiled": "this fast compiled", "against": "against default eager",
        "against, half": "against half eager", "public": "public default eager",
        "public, half": "public half eager",
    }  # fmt: skip
    used = {
        head: name for head, name in columns.items() if any(name in row for row in times.values())
    }
    lines = ["| network | case | " + " | ".join([*used, "ratio", "ratio, half"]) + " |"]
    lines.append("|---" * (len(used) + 4) + "|")
    for (method, what), row in times.items():
        cells = [f"{row[name]:.1f}" if name in row else "–" for name in used.values()]
        for column in ("", ", half"):
            ours = row.get(columns["half precision" if column else "fast"])
            public = row.get(columns["public" + column])
            cells.append(f"{ours / public:.2f}" if ours and public else "–")
        lines.append(f"| {method} | {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def list_other_networks() -> list[str]:
    """All networks of the tree that are neither in the toolbox nor HPRN."""
    sys.path.insert(0, str(ROOT))
    from respectra.config import Config

    config = Config(ROOT)
    networks = [name for name in config.methods if config.kind(name) == "network"]
    return [name for name in networks if name not in (*TOOLBOX, "hprn")]


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="*", help="names, `others` or `all`")
    parser.add_argument("--against", type=Path, help="another checkout, in PyTorch's defaults")
    parser.add_argument("--variant", type=Path, help="another checkout, measured as this one is")
    parser.add_argument("--public", type=Path, help="a folder with the toolbox's `architecture/`")
    parser.add_argument("--eager", action="store_true", help="also without graphs")
    parser.add_argument(
        "--arithmetics", nargs="*", default=["fast", "half"], choices=["fast", "half", "exact"],
        help="of this checkout; the others have their defaults",
    )  # fmt: skip
    parser.add_argument("--compiled", nargs="*", default=[], help="also with torch.compile")
    parser.add_argument("--lanes", type=int, default=4, help="networks that are prepared at a time")
    parser.add_argument("--kernels", type=int, default=0, help="number of the largest to print")
    parser.add_argument("--seconds", type=float, default=480, help="after which no case is started")
    parser.add_argument("--save", type=Path, help="a file of JSON lines")
    parser.add_argument("--tiny", action="store_true", help="sizes that test this script")
    options = parser.parse_args()
    methods = options.methods or [*TOOLBOX, "hprn"]
    if methods == ["all"]:
        methods = [*TOOLBOX, "hprn", "others"]
    options.methods = [
        name
        for method in methods
        for name in (list_other_networks() if method == "others" else [method])
    ]
    return options


def main() -> None:
    """Measure the cases until the time is over."""
    options, start = read_options(), time.monotonic()
    results: list[tuple[str, Case]] = []

    def measure(worker: Worker, package: str, case: Case) -> None:
        if time.monotonic() - start > options.seconds:
            return
        case = {"kernels": 0, **case, **worker.measure(case)}
        results.append((package, case))
        print(f"{time.monotonic() - start:4.0f} s  {format_row(package, case)}", flush=True)
        if options.save:
            with open(options.save, "a", encoding="utf-8") as file:
                file.write(json.dumps({"package": package, **case}) + "\n")

    compilations = {
        method: start_compilation(method, tiny=options.tiny) for method in options.compiled
    }
    workers = prepare_networks(options)
    print(f"networks are prepared after {time.monotonic() - start:.0f} s", flush=True)
    for method in options.methods:
        for package, case in list_cases(options, method):
            if (package, method) in workers:
                measure(workers[package, method], package, case)
        for package in ("this", "variant", "against", "public"):
            if (package, method) in workers:
                workers.pop((package, method)).close()
    for method, (worker, compilation) in compilations.items():
        compilation.result()
        for case in list_compiled_cases(method, tiny=options.tiny):
            measure(worker, "this", case)
    print(f"\n{format_table(results)}\n\nafter {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
