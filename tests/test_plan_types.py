"""The types of plans name exactly the keys of the plans."""

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest

from respectra import plan_types
from respectra.config import Config
from respectra.plans import conditions, fetch, figures, papers, plausible, steps
from tests.conftest import ROOT

CONFIG = Config(ROOT)
CHOICES = CONFIG.choices()
PLANS: dict[str, Callable[[], Any]] = {
    "DatasetPlan": lambda: steps.plan_dataset(CONFIG, "synthetic", CHOICES),
    "FetchPlan": lambda: fetch.plan_fetch(CONFIG, "arad1k", CHOICES),
    "CameraPlan": lambda: steps.plan_camera(CONFIG, "synthetic", CHOICES),
    "TrainPlan": lambda: steps.plan_train(CONFIG, "hprn", "demo"),
    "ReleasedPlan": lambda: steps.plan_released(CONFIG, "hprn"),
    "ReconstructPlan": lambda: steps.plan_reconstruct(CONFIG, "hprn", "demo-seed0"),
    "EnsemblePlan": lambda: steps.plan_ensemble(CONFIG, "hprn_ensemble"),
    "PlausiblePlan": lambda: plausible.plan_plausible(
        CONFIG, "linear-plausible", "synthetic", "valid"
    ),
    "SubmissionPlan": lambda: steps.plan_submission(CONFIG, "synthetic"),
    "ScorePlan": lambda: steps.plan_score(CONFIG, "synthetic"),
    "ConditionPlan": lambda: conditions.plan_condition(CONFIG, "synthetic", "valid.gain-double"),
    "ClassifyPlan": lambda: steps.plan_classify(CONFIG, "pavia_u", "demo"),
    "TablePlan": lambda: papers.plan_table(CONFIG, "ntire2022", "table1", "demo", CHOICES),
    "FigurePlan": lambda: figures.plan_figure(CONFIG, "overview", "spectra", "demo", CHOICES),
}


def check(plan: Any, annotation: Any) -> None:
    """Compare the keys of a plan, and of the plans inside it, with a TypedDict."""
    if is_typeddict(annotation):
        assert isinstance(plan, Mapping)
        hints = get_type_hints(annotation)
        assert set(plan) == set(hints), annotation.__name__
        for key, hint in hints.items():
            check(plan[key], hint)
        return
    inner = [part for part in get_args(annotation) if part is not type(None)]
    if isinstance(plan, list) and inner:
        for item in plan:
            check(item, inner[0])
    elif isinstance(plan, Mapping) and len(inner) == 2 and not is_typeddict(inner[0]):
        for item in plan.values():
            check(item, inner[1])
    elif isinstance(plan, Mapping) and len(inner) == 1:
        check(plan, inner[0])


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_has_the_keys_of_its_type(name: str) -> None:
    check(PLANS[name](), getattr(plan_types, name))


def test_a_control_has_one_of_two_keys() -> None:
    assert set(steps.plan_control(CONFIG, "linear", "demo")) == {"control", "code"}
    assert set(steps.plan_control(CONFIG, "sparse_coding", "demo")) == {"fit", "code"}
