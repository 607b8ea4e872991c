"""What a training on several processes reserves; no plan holds it, as it changes no result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from respectra.build import ConfigError
from respectra.config import Choices, Config
from respectra.lengths import divide_parts
from respectra.plans.cells import Training
from respectra.plans.steps import plan_training


def check_batches(
    config: Config, dataset: str, method: str, run: str, *, choices: Choices
) -> list[str]:
    """Refuse a training whose batches cannot be shared equally by its processes.

    A training that has its checkpoint is not refused, so a method with a batch of one patch can be
    trained first.

    Args:
        config: the configuration.
        dataset: that the method is trained on.
        method: a network.
        run: such as `demo-seed0`.
        choices: how many GPUs and nodes share a training.

    Returns:
        No file; the rule calls this function as an input, so that it runs before any job.

    Raises:
        ConfigError: with the batch and the possible numbers of processes.
    """
    count = choices.gpus_per_training * choices.nodes_per_training
    if count == 1 or Path(Training(dataset, method, run).checkpoint).exists():
        return []
    for number, phase in enumerate(plan_training(config, method, run)["train"]):
        try:
            divide_parts(phase["batch"], phase["accumulate"], count)
        except ValueError as error:
            raise ConfigError(
                f"gpus_per_training: {choices.gpus_per_training}: {method}, phase {number}: "
                f"{error}; train {method} first, with fewer"
            ) from error
    return []


def list_resources(choices: Choices) -> dict[str, Any]:
    """Return what the executor for SLURM reads of a training on several nodes.

    Args:
        choices: how many GPUs and nodes share a training.

    Returns:
        Nothing for one GPU; `nodes: 1` for several, which SLURM could spread over nodes otherwise.
        For several nodes one task each, and `mpi`, because the job calls `srun` itself;
        `tasks_per_gpu: 0` lets a task see all GPUs of its node.
    """
    nodes, gpus = choices.nodes_per_training, choices.gpus_per_training
    on_gpus = choices.device != "cpu" and choices.gpus != 0
    if nodes == 1:
        return {"nodes": 1} if gpus > 1 and on_gpus else {}
    resources: dict[str, Any] = {"nodes": nodes, "tasks": nodes, "mpi": "srun"}
    if on_gpus:
        resources |= {"tasks_per_gpu": 0, "slurm_extra": f"--gpus-per-node={gpus}"}
    return resources


def reserve_gpus(
    choices: Choices, is_remote: Callable[[], bool], *, shared: bool = False
) -> Callable[[Any], int]:
    """Return a function of a job's wildcards: the GPUs that it reserves.

    Args:
        choices: `device`, `gpus`, and how many GPUs and nodes share a training.
        is_remote: whether jobs are sent to a cluster, which is expected to have GPUs; known only
            when a job is started.
        shared: whether the job is a training, which all its GPUs share.
    """

    def count(wildcards: Any) -> int:
        del wildcards
        gpus = choices.count_gpus()
        if choices.gpus == "auto" and is_remote():
            gpus = 1
        if not shared or gpus == 0:
            return gpus
        if choices.device == "cpu":
            return 0
        return max(gpus, choices.gpus_per_training) * choices.nodes_per_training

    return count
