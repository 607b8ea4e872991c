"""Kinds of tables: the words that `is:` of a table may hold in config/papers.

Each function takes the table's plan and returns our numbers; joining, verdicts and text are the
same for all kinds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from respectra.arguments import Count, Fraction, Whole
from respectra.datasets.store import Store
from respectra.metrics import HIGHER_IS_BETTER
from respectra.plan_types import ProductsPlan, TablePlan
from respectra.reconstructions import Reconstructions
from respectra.tables.brightness import ALL, GROUPS, PARTS, TOTAL, split_errors
from respectra.tables.join import (
    MACS_OVER_BASELINE,
    PARAMETERS_OVER_BASELINE,
    TRAINING_TIME,
)
from respectra.tables.numbers import Number, Numbers, average, average_scores
from respectra.tables.published import read_published
from respectra.tables.statistics import (
    assign_letters,
    compare_methods,
    count_for_stable_ranks,
    find_interval,
    rank_methods,
    read_scene_scores,
)
from respectra.tables.times import read_times, read_training_times
from respectra.tables.uncertainty import (
    LEVELS,
    TURNS,
    measure_uncertainty,
    read_answers,
    read_deviations,
)

OWN = "own"  # the scored data set is the one that is trained on
_MACS_SIZE = (256, 256)  # rows, columns of the image that `macs` of a plan counts


def scores(plan: TablePlan) -> Numbers:
    """Mean scores over the scenes of a split; over seeds, their mean and standard deviation."""
    return average_scores(plan["cells"])


def cost(plan: TablePlan) -> Numbers:
    """Costs of networks, next to the scores of the table.

    The published cells decide which costs are shown: parameters and multiply-accumulates, both also
    beyond those of the first row, size of a float32 checkpoint in MiB, seconds per image, seconds
    of the trainings. The counts are those of the method's `expect`, which a test compares with the
    network.
    """
    numbers = average_scores(plan["cells"])
    _, seconds = read_times(plan)
    _, training_seconds = read_training_times(plan)
    first_row = plan["rows"][0] if plan["rows"] else ""
    baseline = plan["parameters"].get(first_row)
    for cell in read_published(plan["published"]):
        parameters = plan["parameters"].get(cell["row"])
        macs = _scale_macs(plan, cell["row"], cell["column"])
        baseline_macs = _scale_macs(plan, first_row, cell["column"])
        costs = {
            "Params": parameters,
            PARAMETERS_OVER_BASELINE: parameters and baseline and parameters - baseline,
            "Size": parameters and parameters * 4 / 2**20,
            "MACs": macs,
            MACS_OVER_BASELINE: macs and baseline_macs and macs - baseline_macs,
            "Time": seconds.get(cell["row"]),
            "InferenceTime": seconds.get(cell["row"]),
            TRAINING_TIME: training_seconds.get(cell["row"]),
        }
        value = costs.get(cell["metric"])
        if value is not None:
            numbers[cell["row"], cell["column"], cell["metric"]] = Number(value)
    return numbers


def _scale_macs(plan: TablePlan, row: str, column: str) -> float | None:
    """Multiply-accumulates of a row's network for the image size of a column."""
    macs = plan["macs"].get(row)
    height, width = plan["macs_size"].get(column, _MACS_SIZE)
    return macs and macs * height * width / (_MACS_SIZE[0] * _MACS_SIZE[1])


def cross_data(plan: TablePlan, *, datasets: Mapping[str, str]) -> Numbers:
    """Mean scores of methods that are trained on one data set and scored on another.

    Args:
        plan: the table; the label of a column is the data set that is scored.
        datasets: the data set that each row is trained on. A cell whose column is this data set
            belongs to the group OWN.
    """
    numbers = average_scores(plan["cells"])
    return {
        key: replace(number, group=OWN) if datasets[key[0]] == key[1] else number
        for key, number in numbers.items()
    }


def gains(plan: TablePlan) -> Numbers:
    """How far a row's error lies below the smallest error of the methods it is compared with.

    The gain is a share of that error where the paper prints per cents, else the difference. A row
    has a gain only if all methods it is compared with have scores.
    """
    published = read_published(plan["published"])
    shares = {(c["row"], c["column"], c["metric"]) for c in published if c["unit"] == "%"}
    rivals = {
        row: [average_scores(cells) for cells in methods]
        for row, methods in plan["compared_with"].items()
    }
    numbers: Numbers = {}
    for key, number in average_scores(plan["cells"]).items():
        compared = rivals.get(key[0], [])
        errors = [rival[key].value for rival in compared if key in rival]
        if errors and len(errors) == len(compared):
            gain = min(errors) - number.value
            numbers[key] = Number(gain / min(errors) if key in shares else gain)
    return numbers


def statistics(
    plan: TablePlan, *, level: Fraction, share: Fraction, resamples: Count, seed: Whole
) -> Numbers:
    """Mean scores with intervals, grouping letters, ranks and the scenes that make ranks stable.

    Args:
        plan: the table.
        level: confidence of the intervals; the tests have the significance 1 − `level`.
        share: of draws of scenes that must agree on a rank.
        resamples: draws of scenes, and combinations of signs in a test.
        seed: of the draws.
    """
    numbers: Numbers = {}
    for (column, label), scores in read_scene_scores(plan["cells"]).items():
        rng, metric = np.random.default_rng(seed), _find_metric(plan, column, label)
        higher = metric in HIGHER_IS_BETTER
        means = {str(row): float(scores[row].mean()) for row in scores}
        order = rank_methods(means, higher_is_better=higher)
        p_values = compare_methods(scores, resamples=resamples, rng=rng)
        letters = assign_letters(order, [pair for pair, p in p_values.items() if p <= 1 - level])
        stable = count_for_stable_ranks(
            scores, share=share, resamples=resamples, higher_is_better=higher, rng=rng
        )
        for i, row in enumerate(order):
            values = scores[row].to_numpy()
            interval = find_interval(values, level=level, resamples=resamples, rng=rng)
            numbers[row, column, label] = Number(means[row], None, interval, letters[row])
            numbers[row, column, f"{label}: rank"] = Number(i + 1)
            if row in stable:
                numbers[row, column, f"{label}: scenes for this rank"] = Number(stable[row])
    return numbers


def _find_metric(plan: TablePlan, column: str, label: str) -> str:
    """The column of our scores that a label of a table stands for."""
    return next(cell["metrics"][label] for cell in plan["cells"] if cell["column"] == column)


def brightness(plan: TablePlan, *, products: Sequence[ProductsPlan]) -> Numbers:
    """Mean relative error, split into brightness, tint and shape, of clipped pixels and the others.

    Args:
        plan: the table; its labels of metrics do not matter.
        products: the cubes of each cell.
    """
    del plan
    numbers: Numbers = {}
    for cubes in products:
        files = [file for file in cubes["reconstructions"] if Path(file).is_file()]
        runs = [split_errors(cubes, Reconstructions(file)) for file in files]
        for group in GROUPS if runs else ():
            for part in (TOTAL, *PARTS):
                label = f"{group}: {part}" if group != ALL else part
                values = [parts[group][part] for parts in runs if group in parts]
                if values:
                    numbers[cubes["row"], cubes["column"], label] = average(values)
    return numbers


def uncertainty(plan: TablePlan, *, products: Sequence[ProductsPlan]) -> Numbers:
    """Whether the spread of the members of an ensemble, or of seeds, says how wrong they are.

    Args:
        plan: the table; its labels of metrics do not matter.
        products: the cubes of each cell. A row with a single answer has no numbers.
    """
    del plan
    numbers: Numbers = {}
    for cubes in products:
        files = cubes["members"] or cubes["reconstructions"]
        deviations = cubes["deviations"][:1]
        is_single = len(files) < 2 and not deviations
        if is_single or not all(Path(file).is_file() for file in [*files, *deviations]):
            continue
        store = Store(cubes["scenes"])
        scenes = [scene for scene in store.scenes(cubes["split"]) if scene not in cubes["left_out"]]
        if deviations:
            answers = read_deviations(store, scenes, files[0], deviations[0], cubes["margin"])
        else:
            answers = read_answers(store, scenes, files, cubes["margin"])
        measured = measure_uncertainty(answers)
        for label, value in {
            "answers": TURNS if deviations else len(files),
            "rank correlation": measured.correlation,
            "MRAE": measured.error,
            "MRAE of the most certain half": measured.certain_error,
            "MRAE of the best half": measured.least_error,
            "inside 50 % interval": float(np.interp(0.5, LEVELS, measured.coverage)),
            "inside 90 % interval": float(np.interp(0.9, LEVELS, measured.coverage)),
        }.items():
            numbers[cubes["row"], cubes["column"], label] = Number(value)
    return numbers


def quoted(plan: TablePlan) -> Numbers:
    """Published values only; this project has no counterpart."""
    del plan
    return {}
