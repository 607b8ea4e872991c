import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch import nn

from respectra import compilation
from respectra.compilation import compile_function
from respectra.train import checkpoint
from respectra.train.loop import train_network
from tests.conftest import Data
from tests.small_plans import make_phase, make_train_plan

CPU = torch.device("cpu")
EDSR = {"is": "edsr:EDSR", "width": 4, "blocks": 1}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """The functions that are compiled, by a compiler that is fast and changes no digit."""
    functions: list[object] = []
    compile_ = torch.compile

    def trace(function: object, **settings: object) -> object:
        functions.append(function)
        return compile_(function, backend="eager", **settings)  # type: ignore[call-overload]

    monkeypatch.setattr(torch, "compile", trace)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    return functions


def train(data: Data, folder: Path, **changes: object) -> pd.DataFrame:
    train_network(
        **{
            "plan": make_train_plan(make_phase(accumulate=2), network=EDSR), "seed": 0,
            "scenes": data.scenes, "observations": data.observations, "device": "cpu",
            "save_plan": folder / "plan.yaml", "save_checkpoint": folder / "checkpoint.pt",
            "save_history": folder / "history.csv", **changes,
        }
    )  # fmt: skip
    return pd.read_csv(folder / "history.csv")


def test_a_compiled_training_is_the_same_training(
    data: Data, tmp_path: Path, compiled: list[object]
) -> None:
    plain = train(data, tmp_path / "plain")
    assert not compiled
    history = train(data, tmp_path / "compiled", compiled=True)
    assert compiled
    assert np.allclose(history["loss"], plain["loss"], rtol=1e-5)
    names = [
        list(checkpoint.load(tmp_path / run / "checkpoint.pt")["state_dict"])
        for run in ("plain", "compiled")
    ]
    assert names[0] == names[1]
    machines = [
        yaml.safe_load((tmp_path / run / "machine.yaml").read_text())
        for run in ("plain", "compiled")
    ]
    assert [machine["compiled"] for machine in machines] == [False, True]


def test_real_code_is_compiled_and_kept_for_later_jobs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCHINDUCTOR_COMPILE_THREADS", "1")
    network = nn.GELU()
    image = torch.rand(1, 3, 5, 6)
    with torch.inference_mode():
        result = compile_function(network, CPU)(image)
        assert torch.allclose(result, network(image), atol=1e-6)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "respectra/compiled")
    assert any((tmp_path / "respectra/compiled").rglob("*.so"))


def test_a_machine_without_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation.shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match=r"compile: true needs a C\+\+ compiler \(g\+\+ or"):
        compile_function(nn.Identity(), CPU)
    monkeypatch.setattr(compilation, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="compile: true needs the package triton for a GPU"):
        compile_function(nn.Identity(), torch.device("cuda"))
