"""Draw malformed inputs for a time and print how many ended in which class.

python -m tests.fuzz --seconds 600 --targets configuration,cubes
"""

import argparse
import collections
import sys
import time
from pathlib import Path
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.outcomes import BAD, CLASSES, Outcome, observe
from tests.fuzz.targets import TARGETS, Target

BATCH = 40  # inputs of a kind in a row
SHOWN = 12  # bad inputs that are printed in full, per kind


def draw_batch(
    target: Target, number: int, count: int, timeout: float
) -> list[tuple[Any, Outcome]]:
    """Draw inputs of one kind and return each with its outcome.

    Args:
        target: the kind.
        number: of the batch; the same number draws the same inputs.
        count: of the inputs, at most; Hypothesis may draw fewer if there are no more.
        timeout: seconds of an input.
    """
    pairs: list[tuple[Any, Outcome]] = []

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(target.strategy)
    def draw(case: Any) -> None:
        outcome = observe(
            lambda folder: target.run(case, folder), names=target.names, timeout=timeout
        )
        pairs.append((case, outcome))

    draw()
    return pairs


def fuzz(seconds: float, names: list[str], start: int, report: Path | None) -> int:
    """Draw until the time is over; return the number of bad outcomes."""
    torch.set_num_threads(1)
    counts: dict[str, collections.Counter[str]] = {name: collections.Counter() for name in names}
    shown: dict[str, set[str]] = {name: set() for name in names}
    end, number = time.monotonic() + seconds, start
    lines: list[str] = []
    while time.monotonic() < end:
        for name in names:
            for case, outcome in draw_batch(TARGETS[name], number, BATCH, 20.0):
                counts[name][outcome.kind] += 1
                key = outcome.detail[-60:]
                if outcome.is_bad and len(shown[name]) < SHOWN and key not in shown[name]:
                    shown[name].add(key)
                    lines.append(
                        f"{name}: {outcome.kind}: {outcome.detail}\n    {repr(case)[:600]}"
                    )
                    print(lines[-1], flush=True)
            if time.monotonic() > end:
                break
        number += 1
    table = [f"{'kind':14}" + "".join(f"{kind:>16}" for kind in CLASSES)]
    for name in [*names, "all"]:
        row = (
            sum((counts[n] for n in names), collections.Counter())
            if name == "all"
            else counts[name]
        )
        table.append(f"{name:14}" + "".join(f"{row[kind]:16}" for kind in CLASSES))
    total = sum((counts[n] for n in names), collections.Counter())
    table.append(
        f"{sum(total.values())} inputs, {sum(total[kind] for kind in BAD)} bad, batches {start} to {number - 1}"
    )
    print("\n".join(table))
    if report is not None:
        report.write_text("\n".join([*lines, *table, ""]))
    return sum(total[kind] for kind in BAD)


def main() -> int:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--targets", default=",".join(TARGETS), help="kinds, separated by commas")
    parser.add_argument("--start", type=int, default=0, help="number of the first batch")
    parser.add_argument("--report", type=Path, help="a file for the counts and the bad inputs")
    options = parser.parse_args()
    return int(fuzz(options.seconds, options.targets.split(","), options.start, options.report) > 0)


if __name__ == "__main__":
    sys.exit(main())
