"""The trainings behind the rows of a table: their plans, and the machines that ran them."""

from collections.abc import Collection, Mapping, Sequence

from respectra.config import Choices, Config
from respectra.plan_types import MachinesPlan, TrainingPlan
from respectra.plans.cells import Training
from respectra.plans.runs import trained_methods, trainings_of
from respectra.plans.steps import plan_train

Rows = Mapping[str, Sequence[str]]  # by label: the method, then those it is compared with


def list_trainings(
    config: Config, choices: Choices, rows: Rows, datasets: Collection[str], budget: str
) -> dict[str, TrainingPlan]:
    """Return today's plan of every training behind the rows, by the path of its saved plan."""
    methods = sorted({method for group in rows.values() for method in group})
    trainings: dict[str, TrainingPlan] = {}
    for dataset in sorted(datasets):
        for method in methods:
            for source, run, other in trainings_of(config, choices, method, budget):
                labels = sorted(
                    label
                    for label, group in rows.items()
                    if any(source in trained_methods(config, m) for m in group)
                )
                plan = plan_train(config, source, budget, choices.extra_datasets)
                trainings[Training(other or dataset, source, run).plan] = {
                    "rows": labels,
                    "plan": plan,
                }
    return trainings


def list_machines(
    config: Config, choices: Choices, rows: Rows, dataset: str | None, budget: str
) -> dict[str, MachinesPlan]:
    """Return the files with the hours of the trainings behind each row.

    Args:
        config: the tree of YAML files.
        choices: the seeds.
        rows: the methods of each row.
        dataset: the data set of the trainings; None: the table shows no hours.
        budget: of the trainings.
    """
    machines: dict[str, MachinesPlan] = {}
    for label, (method, *_) in rows.items() if dataset is not None else ():
        runs = trainings_of(config, choices, method, budget)
        trainings = {Training(other or str(dataset), source, run) for source, run, other in runs}
        files = sorted(training.machine for training in trainings)
        repeats = len(choices.seeds) if config.kind(method) == "network" else 1
        if files:
            machines[label] = {"files": files, "repeats": repeats}
    return machines
