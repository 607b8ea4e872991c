import pytest

from respectra.build import ConfigError
from respectra.config import Config
from respectra.plans.plausible import original_file, plan_plausible
from respectra.plans.runs import runs_of, title_of, trainings_of
from tests.conftest import ROOT

CONFIG = Config(ROOT)


@pytest.mark.parametrize(
    ("method", "rgb"), [("linear-plausible", "camera"), ("hprn-plausible_observed", "observation")]
)
def test_a_variant_of_any_method_says_which_rgb_it_gives_back(method: str, rgb: str) -> None:
    plan = plan_plausible(CONFIG, method, "synthetic", "valid")
    assert (plan["rgb"], plan["linear"]) == (rgb, True)


def test_an_srgb_camera_has_no_linear_observations() -> None:
    assert not plan_plausible(CONFIG, "linear-plausible", "synthetic-varied_srgb", "valid")[
        "linear"
    ]


def test_it_changes_the_reconstructions_of_its_method() -> None:
    path = original_file(CONFIG, "synthetic", "hprn-plausible", "demo-seed1", "valid")
    assert path == "results/reconstruct/synthetic/hprn/demo-seed1/valid.h5"


@pytest.mark.parametrize("method", ["hprn", "mst_plus_plus_ensemble"])
def test_it_rests_on_the_trainings_of_its_method(method: str) -> None:
    choices, variant = CONFIG.choices(), f"{method}-plausible"
    assert trainings_of(CONFIG, choices, variant, "demo") == trainings_of(CONFIG, choices, method, "demo")  # fmt: skip
    assert runs_of(CONFIG, choices, variant, "demo") == runs_of(CONFIG, choices, method, "demo")
    assert title_of(CONFIG, variant) == f"{CONFIG.method(method).title}, plausible"


def test_a_method_gives_back_no_rgb_by_itself() -> None:
    with pytest.raises(ConfigError, match="linear has no `plausible`"):
        plan_plausible(CONFIG, "linear", "synthetic", "valid")


def test_a_condition_takes_the_pictures_of_its_own_camera() -> None:
    plan = plan_plausible(CONFIG, "linear-plausible", "synthetic", "valid.gain-double")
    assert plan["linear"]
