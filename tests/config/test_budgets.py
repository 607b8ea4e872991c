import pytest

from respectra.config import Config, Phase
from tests.config.conftest import ROOT, Project, sentence


def phase(project: Project) -> Phase:
    return project.config.method("net").train[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("iterations: 300", "iterations: 0", "iterations: 0: must be greater than 0"),
        ("iterations: 300", "iterations: 300\nshare: 0.5", "share: a budget states either share or iterations"),
        ("iterations: 300\n", "", "share: a budget states either share or iterations"),
        ("iterations: 300", "share: 2", "share: 2: must be less than or equal to 1"),
        ("iterations: 300", "share: 0", "share: 0: must be greater than 0"),
        ("iterations: 300", "share: half", "share: half: must be a valid number"),
        ("small: true", "small: yess", "small: yess: must be a valid boolean"),
        ("small: true", "smal: true", "smal is not known here; did you mean small?"),
        ("augment: [flip, relight]", "augment: [flop]", "augment.0: flop: must be 'flip', 'rotate', "),
        ("augment: [flip, relight]", "augment: [spin]", "augment: spin: turns rgb and not the cube"),
        ("runs: 3", "runs: 3.5", "runs: 3.5: must be a valid integer"),
        ("caption: small networks\n", "", "caption is missing"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_budget(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("budgets/demo.yaml", old, new)
    text = sentence(lambda: config.budget("demo"))
    assert text.startswith(f"config/budgets/demo.yaml: {message}")


def test_the_full_budget_changes_nothing(project: Project) -> None:
    assert project.config.budget("full").apply(phase(project)) == phase(project)


def test_a_share_scales_iterations_and_nothing_else(project: Project) -> None:
    recipe = phase(project)
    half = project.config.budget("half").apply(recipe)
    assert half.iterations == 500
    assert half.model_copy(update={"iterations": 1000}) == recipe
    one = recipe.model_copy(update={"iterations": 1})
    assert project.config.budget("half").apply(one).iterations == 1


def test_limits_cap_iterations_patch_and_batch(project: Project) -> None:
    demo = project.config.budget("demo").apply(phase(project))
    assert (demo.iterations, demo.patch, demo.batch) == (300, 32, 1)
    assert demo.stride == 4  # half of the patch, half of the recipe's 8
    assert demo.accumulate == 1  # a batch of one has one part
    small = phase(project).model_copy(update={"iterations": 20, "patch": 16, "stride": None})
    spent = project.config.budget("demo").apply(small)
    assert (spent.iterations, spent.patch, spent.stride) == (20, 16, None)
    dense = phase(project).model_copy(update={"stride": 1})
    assert project.config.budget("demo").apply(dense).stride == 1


def test_each_side_of_a_patch_is_capped(project: Project) -> None:
    recipe = phase(project).model_copy(update={"patch": (64, 16)})
    demo = project.config.budget("demo").apply(recipe)
    assert (demo.patch, demo.stride) == ((32, 16), 4)
    assert project.config.budget("full").apply(recipe) == recipe


def test_epochs_are_shortened_by_a_share_and_capped_by_iterations(project: Project) -> None:
    recipe = phase(project).model_copy(update={"iterations": None, "epochs": 20.0})
    config = project.config
    lengths = {
        name: (applied.iterations, applied.epochs)
        for name in ("full", "half", "demo")
        for applied in [config.budget(name).apply(recipe)]
    }
    assert lengths == {"full": (None, 20.0), "half": (None, 10.0), "demo": (300, 20.0)}


def test_augmentations_are_added_once(project: Project) -> None:
    assert project.config.budget("demo").apply(phase(project)).augment == ("flip", "relight")


def test_the_budgets_of_this_project_are_read() -> None:
    config = Config(ROOT)
    recipe = config.method("mst_plus_plus").train[0]
    assert config.budget("full").apply(recipe) == recipe
    assert config.budget("reduced").apply(recipe).iterations == 15_000
    for name in config.names("budgets"):
        assert config.budget(name).apply(recipe).iterations <= recipe.iterations
