"""Measured training steps."""

import csv
from dataclasses import dataclass
from pathlib import Path

STEP_TIMES = "data/timings/h200.csv"


@dataclass(frozen=True)
class StepTime:
    """A measured training step.

    Attributes:
        seconds: of the step.
        pixels: batch × patch².
        public_seconds: of the step with the public code; None if it was not measured.
    """

    seconds: float
    pixels: int
    public_seconds: float | None = None


def read_step_times(path: Path) -> dict[str, StepTime]:
    """Read measured training steps.

    Args:
        path: a CSV with the columns method, batch, patch, seconds and perhaps public_seconds.

    Returns:
        A step by method.
    """
    with open(path, newline="", encoding="utf-8") as file:
        return {
            row["method"]: StepTime(
                float(row["seconds"]),
                int(row["batch"]) * int(row["patch"]) ** 2,
                float(row["public_seconds"]) if row.get("public_seconds") else None,
            )
            for row in csv.DictReader(file)
        }
