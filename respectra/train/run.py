"""A network and its data, ready to be trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.datasets.store import Store, join_stores
from respectra.device import choose_device, describe_device, keep_freed_memory, place_network
from respectra.inputs import InputAssembler
from respectra.logs import log
from respectra.plan_types import PhasePlan, TrainPlan


@dataclass(frozen=True)
class Run:
    """A network and its data, ready to be trained."""

    plan: TrainPlan
    phases: Sequence[PhasePlan]
    seed: int
    store: Store
    all_cubes: Store  # with the training cubes of other data sets
    assembler: InputAssembler
    network: nn.Module
    device: torch.device
    workers: int

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
) -> Run:
    """Open the data and build the network on its device.

    The arguments are those of `train_network`.
    """
    device = choose_device(device_name)
    if device.type == "cpu":
        keep_freed_memory()
    store = Store(scenes)
    others = {Path(path).parent.name: Store(path) for path in extra_manifests}
    all_cubes = join_stores(store, others)
    bands = len(store.wavelengths_nm)
    torch.manual_seed(seed)
    network = build("network", plan["network"], bands=bands)
    place_network(network, device).train()
    run = Run(
        plan=plan, phases=plan["train"], seed=seed, store=store, all_cubes=all_cubes,
        assembler=InputAssembler(plan["inputs"], store, Observations(observations)),
        network=network, device=device,
        workers=(4 if device.type == "cuda" else 0) if workers == "auto" else int(workers),
    )  # fmt: skip
    log.info(
        "%s parameters, %d bands, %d iterations on %s",
        f"{sum(p.numel() for p in network.parameters()):,}", bands, run.iterations,
        describe_device(device),
    )  # fmt: skip
    return run
