"""The benchmark of two sides on a CPU measures what it says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parents[2]
SPEC: Any = importlib.util.spec_from_file_location("public", ROOT / "benchmarks/public.py")
public: ModuleType = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(public)

TOOLBOX = """
import torch

def model_generator(name):
    assert name == "hinet"
    return torch.nn.Conv2d(3, 31, 3, padding=1)
"""


def test_both_sides_take_turns_and_their_ratio_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "architecture.py").write_text(TOOLBOX)
    monkeypatch.setattr(public, "PATCH", (32, 32))
    arguments = ["--public", str(tmp_path), "--methods", "hinet", "--rounds", "1"]
    monkeypatch.setattr(sys, "argv", ["public.py", *arguments, "--threads", "2"])
    public.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("threads: 2")
    name, case, our_time, public_time, ratio = lines[-1].strip("| ").split(" | ")
    assert (name, case) == ("hinet", "step 32×32")
    # One convolution takes less time than a network of many.
    assert float(public_time) <= float(our_time)
    assert float(ratio) > 1


def test_the_share_of_convolutions_is_measured() -> None:
    image, matrix = torch.rand(1, 64, 64, 64), torch.rand(1024, 1024)
    convolution = torch.nn.Conv2d(64, 64, 3, padding=1)
    share, rate = public.measure_convolutions(lambda: convolution(image).sum().backward())
    assert 0.5 < share <= 1
    assert rate > 1e9
    mixed, _ = public.measure_convolutions(
        lambda: (convolution(image).sum().backward(), [matrix @ matrix for _ in range(8)])
    )
    assert 0 < mixed < share


def test_a_row_for_each_network_and_the_machine_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(public, "PATCH", (32, 32))
    step = public.prepare_convolution()  # in the place of a network's, which takes seconds
    monkeypatch.setattr(public, "prepare_call", lambda case, is_public: step)
    public.print_convolutions(["hinet"])
    rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in rows[-2:]] == ["| hinet", "| 3 × 3, 64 features"]
