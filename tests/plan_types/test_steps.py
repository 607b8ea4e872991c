"""The types of the plans of steps name exactly the keys of the plans."""

from collections.abc import Callable
from typing import Any

import pytest

from respectra import plan_types
from respectra.config import Config
from respectra.plans import conditions, cross_data, fetch, plausible, steps
from tests.conftest import ROOT
from tests.plan_types.keys import check_keys

CONFIG = Config(ROOT)
CHOICES = CONFIG.choices()
PLANS: dict[str, Callable[[], Any]] = {
    "DatasetPlan": lambda: steps.plan_dataset(CONFIG, "synthetic", CHOICES),
    "FetchPlan": lambda: fetch.plan_fetch(CONFIG, "arad1k", CHOICES),
    "CameraPlan": lambda: steps.plan_camera(CONFIG, "synthetic", CHOICES),
    "TrainPlan": lambda: steps.plan_train(CONFIG, "hprn", "demo"),
    "ReleasedPlan": lambda: steps.plan_released(CONFIG, "hprn"),
    "ReconstructPlan": lambda: cross_data.plan_reconstruct(
        CONFIG, "hprn", "demo-seed0", "synthetic", "valid.synthetic-lamps"
    ),
    "EnsemblePlan": lambda: steps.plan_ensemble(CONFIG, "hprn_ensemble"),
    "PlausiblePlan": lambda: plausible.plan_plausible(
        CONFIG, "linear-plausible", "synthetic", "valid"
    ),
    "SubmissionPlan": lambda: steps.plan_submission(CONFIG, "synthetic"),
    "ScorePlan": lambda: steps.plan_score(CONFIG, "synthetic"),
    "ConditionPlan": lambda: conditions.plan_condition(CONFIG, "synthetic", "valid.gain-double"),
    "CrossDataPlan": lambda: cross_data.plan_cross_data(
        CONFIG, "synthetic", "valid.synthetic-lamps"
    ),
    "ClassifyPlan": lambda: steps.plan_classify(CONFIG, "pavia_u", "demo"),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_has_the_keys_of_its_type(name: str) -> None:
    check_keys(PLANS[name](), getattr(plan_types, name))


def test_a_control_has_one_of_two_keys() -> None:
    assert set(steps.plan_control(CONFIG, "linear", "demo")) == {"control", "code"}
    assert set(steps.plan_control(CONFIG, "sparse_coding", "demo")) == {"fit", "code"}
