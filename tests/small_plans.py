"""Small plans with all their keys, for tests that call the functions of the steps."""

import copy
from typing import Any

MST = {"is": "mst_plus_plus:MSTPlusPlus", "stages": 1, "blocks": [1, 1, 1]}
HPRN = {
    "is": "hprn:HPRN", "channels": 16, "blocks": 1, "channel_relation": [3], "grid": 4,
    "reduction": 16, "spatial_relation": "code", "embedding": "shared", "group": 64, "scales": 2,
}  # fmt: skip
SUPERPIXELS = {"segments": [4, 6], "backend": "fast_slic", "compactness": 10.0}
WHOLE = {"tile": None, "overlap": 0, "self_ensemble": "none", "maximum": None}


def make_inputs(scale: str = "per_image", **changes: object) -> Any:
    """The `inputs` of a method: rgb alone, unless changes say more."""
    return {"rgb": {"scale": scale}, "superpixels": None, "estimate": None, **changes}


def make_phase(**changes: object) -> Any:
    """A phase of six iterations."""
    return {
        "loss": {"mrae": 1.0},
        "optimizer": {"is": "torch.optim:Adam", "lr": 1e-3, "betas": [0.9, 0.999]},
        "schedule": {"is": "cosine", "final": 1e-6},
        "iterations": 6, "patch": 16, "stride": 8, "batch": 4, "augment": ["rotate", "flip"],
        "epochs": None, "precision": "float32", "accumulate": 1, "hold_out": None, "choose": None, "resize": False, "objective": "forward",
        "freeze": [], "clipping": None, "hard_scenes": None, "extra_datasets": False,
        "cubes": "stored", **changes,
    }  # fmt: skip


def make_train_plan(*phases: object, **changes: object) -> Any:
    """A small MST++ trained in these phases, or in `make_phase()`."""
    plan = {
        "network": MST, "inputs": make_inputs(), "train": list(phases) or [make_phase()],
        "starts_from": None, "extra_datasets": [], "code": "0", **changes,
    }  # fmt: skip
    return copy.deepcopy(plan)
