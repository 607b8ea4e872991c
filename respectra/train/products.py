"""The products of a training: its plan, its history and its checkpoint."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from respectra.device import describe_machine
from respectra.files import replace_atomically
from respectra.train import checkpoint
from respectra.train.choice import describe_choice
from respectra.train.progress import Progress
from respectra.train.run import Run


def save_products(
    run: Run,
    progress: Progress,
    save_plan: str | Path,
    save_history: str | Path,
    save_checkpoint: str | Path,
    initial_checkpoint: str | Path | None = None,
) -> None:
    """Write the plan, the history and the checkpoint of a training, and `machine.yaml` beside them.

    The checkpoint is the last one, so that it exists only where all the others do.

    Args:
        run: the trained network, which is moved to the CPU.
        progress: at the end of the training.
        save_plan, save_history, save_checkpoint: the products.
        initial_checkpoint: that the training started from.
    """
    run.network.to("cpu")
    machine: dict[str, Any] = {
        **describe_machine(run.device),
        "compiled": run.compiled,
        "processes": run.processes.count,
        "fingerprint": progress.fingerprint,
        "iterations": run.iterations,  # with which the end of the history is compared
        "hours": round(progress.seconds / 3600, 6),
    }
    _save_yaml(dict(run.plan), save_plan)
    _save_yaml(machine, Path(save_checkpoint).with_name("machine.yaml"))
    _save_history(run, progress, save_history)
    _save_checkpoint(run, progress, save_checkpoint, initial_checkpoint)


def _save_yaml(content: Mapping[str, Any], save: str | Path) -> None:
    with replace_atomically(save) as path:
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _save_history(run: Run, progress: Progress, save: str | Path) -> None:
    columns = ["phase", "iteration", "learning_rate", "loss"]
    columns += ["score"] if any(phase["choose"] for phase in run.phases) else []
    with replace_atomically(save) as path, open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows([*row, *[None] * (len(columns) - len(row))] for row in progress.history)


def _save_checkpoint(
    run: Run, progress: Progress, save: str | Path, initial_checkpoint: str | Path | None
) -> None:
    initial = {} if initial_checkpoint is None else checkpoint.load(initial_checkpoint)
    state = {key: value.contiguous() for key, value in run.network.state_dict().items()}
    wavelengths = run.store.wavelengths_nm
    choice = describe_choice(run.phases, progress, initial.get("chosen"))
    checkpoint.save(
        save,
        {
            **({} if choice is None else {"chosen": choice}),
            "network": dict(run.plan["network"]),
            "bands": len(wavelengths),
            "wavelengths_nm": wavelengths,
            "iterations": run.iterations,
            "seed": run.seed,
            "state_dict": state,
        },
    )
