"""A network and its data, ready to be trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import nn

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.datasets.store import Store, join_stores, keep_scenes
from respectra.device import (
    choose_device,
    describe_device,
    keep_freed_memory,
    place_network,
    set_arithmetic,
)
from respectra.inputs import InputAssembler
from respectra.lengths import count_iterations
from respectra.logs import log
from respectra.plan_types import PhasePlan, RunPhase, TrainPlan
from respectra.train.distributed import ALONE, Processes, divide_layers


@dataclass(frozen=True)
class Run:
    """A network and its data, ready to be trained."""

    plan: TrainPlan
    phases: Sequence[RunPhase]
    seed: int
    store: Store
    all_cubes: Store  # with the training cubes of other data sets
    assembler: InputAssembler
    network: nn.Module
    device: torch.device
    workers: int
    graphs: bool  # kernels of a step are recorded and replayed
    compiled: bool  # the computation of a batch is compiled
    processes: Processes  # that train the network together

    @property
    def iterations(self) -> int:
        """The iterations of all phases."""
        return self.count_iterations(len(self.phases))

    def count_iterations(self, phases: int) -> int:
        """Return the iterations of the first so many phases."""
        return sum(phase["iterations"] for phase in self.phases[:phases])


def prepare_run(
    *,
    plan: TrainPlan,
    scenes: str | Path,
    observations: str | Path,
    extra_manifests: Sequence[str | Path],
    seed: int,
    device_name: str,
    workers: int | str,
    graphs: bool = False,
    compiled: bool = False,
    arithmetic: str = "exact",
    processes: Processes = ALONE,
) -> Run:
    """Open the data and build the network on its device.

    The arguments are those of `train_network`.
    """
    set_arithmetic(arithmetic)
    device = choose_device(device_name)
    if device.type == "cpu":
        keep_freed_memory()
    store = Store(scenes)
    others = {Path(path).parent.name: Store(path) for path in extra_manifests}
    all_cubes = join_stores(store, others)
    if others:
        count = len(all_cubes.scenes("train")) - len(store.scenes("train"))
        log.info("%d training scenes of other data sets: %s", count, ", ".join(sorted(others)))
    bands = len(store.wavelengths_nm)
    torch.manual_seed(seed)
    network = build("network", plan["network"], bands=bands)
    place_network(network, device).train()
    divide_layers(network, processes, graphs=graphs and device.type == "cuda")
    run = Run(
        plan=plan, seed=seed, store=store, all_cubes=all_cubes,
        phases=[_resolve(phase, all_cubes, store) for phase in plan["train"]],
        assembler=InputAssembler(plan["inputs"], store, Observations(observations)),
        network=network, device=device,
        workers=(4 if device.type == "cuda" else 0) if workers == "auto" else int(workers),
        graphs=graphs and device.type == "cuda", compiled=compiled, processes=processes,
    )  # fmt: skip
    log.info(
        "%s parameters, %d bands, %d iterations on %s",
        f"{sum(p.numel() for p in network.parameters()):,}", bands, run.iterations,
        describe_device(device),
    )  # fmt: skip
    return run


def _resolve(phase: PhasePlan, all_cubes: Store, store: Store) -> RunPhase:
    """The phase with the iterations that its epochs are on these data."""
    cubes = all_cubes if phase["extra_datasets"] else store
    scene_names = keep_scenes(cubes.scenes("train"), phase["hold_out"])
    settings = {key: value for key, value in phase.items() if key != "epochs"}
    iterations = count_iterations(phase, [cubes.size(scene) for scene in scene_names])
    return cast(RunPhase, {**settings, "iterations": iterations})
