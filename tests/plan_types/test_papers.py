"""The types of the plans of tables and figures name exactly the keys of the plans."""

from collections.abc import Callable
from typing import Any

import pytest

from respectra import plan_types
from respectra.config import Config
from respectra.plans import figures, tables
from tests.conftest import ROOT
from tests.plan_types.keys import check_keys

CONFIG = Config(ROOT)
CHOICES = CONFIG.choices()
PLANS: dict[str, Callable[[], Any]] = {
    "TablePlan": lambda: tables.plan_table(CONFIG, "ntire2022", "table1", "demo", CHOICES),
    "FigurePlan": lambda: figures.plan_figure(CONFIG, "overview", "spectra", "demo", CHOICES),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_has_the_keys_of_its_type(name: str) -> None:
    check_keys(PLANS[name](), getattr(plan_types, name))
