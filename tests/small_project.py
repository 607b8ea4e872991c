"""A small project of its own for tests: few methods, two data sets, one paper.

Tests that count methods, trainings or scenes use it, so that a new file in config/ breaks none.
"""

import copy
import shutil
from pathlib import Path
from typing import Any

import yaml

from respectra.config import Config

ROOT = Path(__file__).parents[1]
SCENES = {"train": 20, "valid": 4, "unused": 1}  # of the data set `photos`
SIZE, BANDS = (100, 200), 31
STEP_SECONDS = 0.5  # of a training step of `net`

NET: dict[str, Any] = {
    "title": "Net",
    "departures": ["Its patches are smaller."],
    "network": {"is": "mscnn:MSCNN", "width": 4, "dropout": 0.0},
    "inputs": {"rgb": {"scale": "unit"}},
    "train": [
        {
            "loss": {"mrae": 1.0},
            "optimizer": {"is": "torch.optim:Adam", "lr": 1e-4},
            "schedule": {"is": "cosine", "final": 0.0},
            "iterations": 3600,
            "patch": 64,
            "stride": 8,
            "batch": 4,
            "augment": [],
            "precision": "float32",
            "accumulate": 1,
            "hold_out": None,
        }
    ],
    "reconstruct": {"tile": None, "overlap": 0, "self_ensemble": "none"},
    "expect": {"macs": 4e9},
    "variants": {
        "half_patch": {"train.0.patch": 32},
        "flips": {"reconstruct.self_ensemble": "flips"},
        "held_out": {"train.0.hold_out": {"share": 0.05, "seed": 0}},
    },
}
OTHER = {**copy.deepcopy(NET), "title": "Other", "expect": {"macs": 8e9}, "departures": []}
METHODS: dict[str, dict[str, Any]] = {
    "linear": {"title": "linear", "control": {"is": "linear"}},
    "net": NET,
    "other": OTHER,
    "pair": {
        "title": "Pair",
        "ensemble": {"is": "weighted_mean"},
        "members": [{"method": "net", "seed": 0}, {"method": "net", "seed": 1}],
    },
    "fitted": {
        "title": "Fitted",
        "ensemble": {"is": "fitted_mean"},
        "members": [
            {"method": "net-held_out", "seed": 0},
            {"method": "other-held_out", "seed": 0},
        ],
    },
}
DATASET: dict[str, Any] = {
    "title": "Photos",
    "read": {
        "is": "folder:read",
        "folder": "data/photos",
        "splits": "data/splits/photos.csv",
        "key": "cube",
    },
    "quantity": "radiance",
    "wavelengths_nm": {"first": 400, "last": 700, "step": 10},
    "splits": ["train", "valid"],
    "size": list(SIZE),
    "camera": "ideal",
    "crop": 8,
}
PROVIDED = {
    **DATASET,
    "title": "Photos with pictures",
    "observations": {"provided": "rgb/{scene}.jpg"},
    "groups": "data/groups/photos.csv",
}
COLUMN = {"label": "valid", "dataset": "photos", "split": "valid", "metrics": {"MRAE": "mrae"}}
PAPER: dict[str, Any] = {
    "title": "A study",
    "tolerance": 0.05,
    "tables": {
        "scores": {
            "caption": "Scores",
            "published": False,
            "columns": [COLUMN],
            "rows": {"Linear": "linear", "Net": "net", "Pair": "pair"},
        }
    },
    "figures": {
        "convergence": {
            "is": "convergence:draw",
            "caption": "Losses",
            "dataset": "photos",
            "split": "train",
            "methods": ["net-half_patch", "other"],
        }
    },
}
CHOICES = {
    "budget": "full",
    "dataset": "paper",
    "seeds": [0],
    "methods": "everything",
    "make": {"study": "everything"},
    "device": "auto",
    "gpus": "auto",
    "arithmetic": "exact",
    "graphs": False,
    "compile": False,
    "loader_workers": "auto",
    "save_seconds": 300,
    "keep_reconstructions": True,
    "folder": "data/folder",
}
BUDGETS = {
    "full": {"caption": "the whole recipe", "small": False, "share": 1.0, "verdict": True},
    "demo": {"caption": "few iterations", "small": True, "iterations": 30, "batch": 1},
}


def write_project(folder: Path) -> Config:
    """Write the project; the configuration of it has `folder` as its root."""
    for name in ("config/cameras/ideal.yaml", "data/cameras/ntire2022.csv"):
        (folder / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, folder / name)
    files = {
        "config": CHOICES,
        **{f"methods/{name}": settings for name, settings in METHODS.items()},
        **{f"budgets/{name}": settings for name, settings in BUDGETS.items()},
        "datasets/photos": DATASET,
        "datasets/provided": PROVIDED,
        "papers/study": PAPER,
    }
    for name, settings in files.items():
        path = folder / "config" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(settings, sort_keys=False))
    splits = [split for split, count in SCENES.items() for _ in range(count)]
    lines = ["scene,split", *(f"s{number:02},{split}" for number, split in enumerate(splits))]
    tables = {
        "splits/photos": lines,
        "groups/photos": ["scene,group", "s00,street", "s20,street", "s01,park"],
        "timings/h200": [
            "method,batch,patch,precision,arithmetic,seconds,memory_gib,public_seconds",
            f"net,4,64,float32,fast,{STEP_SECONDS},1.0,",
        ],
    }
    for name, rows in tables.items():
        path = folder / "data" / f"{name}.csv"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(rows) + "\n")
    (folder / "Snakefile").write_text("# the root of a project\n")
    return Config(folder)
