"""The benchmark of a GPU lists its cases, measures one on a CPU, and forms ratios."""

import argparse
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
SPEC: Any = importlib.util.spec_from_file_location("gpu", ROOT / "benchmarks/gpu.py")
gpu: ModuleType = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gpu)

CASE = {"method": "unet", "what": "step", "how": "graphs", "tiny": True, "kernels": 2}


def test_the_public_code_is_measured_where_it_has_the_network() -> None:
    options = argparse.Namespace(tiny=True, kernels=0, eager=False, arithmetics=["fast", "half"])
    packages = {
        method: {package for package, _ in gpu.list_cases(options, method)}
        for method in ("edsr", "hprn")
    }
    assert packages["edsr"] - packages["hprn"] == {"public"}
    cases = [case for package, case in gpu.list_cases(options, "hprn") if package == "this"]
    assert [case["arithmetic"] for case in cases] == ["fast", "bfloat16", "fast", "float16"]


def test_a_process_measures_a_network_and_names_an_error() -> None:
    worker = gpu.Worker(ROOT)
    answer = worker.measure({**CASE, "arithmetic": "fast"})
    assert answer["ms"] > 0
    assert answer["size"] == [2, 3, 16, 24]
    assert len(answer["kernels"]) == 2
    case = {**CASE, "method": "no_such", "arithmetic": "fast"}
    answer = worker.measure(case)
    assert "no_such" in answer["error"]
    assert "no_such" in gpu.format_row("this", {**case, **answer})
    worker.close()


def test_a_ratio_is_ours_by_the_public_time() -> None:
    ours = {**CASE, "arithmetic": "fast", "ms": 3.0}
    public = {**CASE, "arithmetic": "default", "how": "eager", "ms": 6.0}
    failed = {**CASE, "method": "edsr", "arithmetic": "fast", "error": "no memory"}
    table = gpu.format_table([("this", ours), ("public", public), ("this", failed)])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert rows[0] == ["network", "case", "fast", "public", "ratio", "ratio, half"]
    assert rows[2:] == [["unet", "step", "3.0", "6.0", "0.50", "–"], ["edsr", "step", *"––––"]]
