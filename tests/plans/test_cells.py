import re

import pytest

from respectra.plans import cells
from respectra.plans.cells import Cell, Data, Page, Training


def test_a_path_has_the_parts_of_its_experiment() -> None:
    cell = Cell("cave", "hprn-no_ssrm", "demo-seed0", "valid")
    assert cell.reconstructions == "results/reconstruct/cave/hprn-no_ssrm/demo-seed0/valid.h5"
    assert cell.scores == "results/score/cave/hprn-no_ssrm/demo-seed0/valid.csv"
    assert cell.class_scores == "results/score/cave/hprn-no_ssrm/demo-seed0/valid.classes.csv"
    assert cell.class_map == "results/score/cave/hprn-no_ssrm/demo-seed0/valid.classes.npy"
    assert cell.submission == "results/submission/cave/hprn-no_ssrm/demo-seed0/valid.zip"
    training = Training("cave", "hprn", "demo-seed0")
    assert training.plan == "results/train/cave/hprn/demo-seed0/plan.yaml"
    assert training.checkpoint == "results/train/cave/hprn/demo-seed0/checkpoint.pt"
    assert training.history == "results/train/cave/hprn/demo-seed0/history.csv"
    data = Data("cave")
    assert data.scenes == "results/datasets/cave/scenes.csv"
    assert data.cubes == "results/datasets/cave/cubes"
    assert data.observations == "results/camera/cave/observations"
    assert data.response == "results/camera/cave/response.csv"
    assert data.pictures == "results/camera/cave/scenes.csv"
    assert Page("tables", "hprn", "table3", "full").path == "results/tables/hprn/table3.full.csv"
    assert Page("tables", "hprn", "table3", "full").markdown == "results/tables/hprn/table3.full.md"
    figure = Page("figures", "hprn", "figure8", "demo.synthetic")
    assert figure.path == "results/figures/hprn/figure8.demo.synthetic.png"
    page = Page("pages", "hprn", "scenes", "demo.synthetic")
    assert page.path == "results/page/hprn/scenes.demo.synthetic.html"


@pytest.mark.parametrize(
    "attribute", ["reconstructions", "scores", "class_scores", "class_map", "submission"]
)
def test_a_path_tells_its_cell(attribute: str) -> None:
    cell = Cell("arad1k-grouped", "hprn", "released", "out_of_scope")
    path = getattr(cell, attribute)
    assert Cell.from_path(path) == cell
    assert cells.dataset_of(path) == "arad1k-grouped"
    assert cells.step_of(path) == path.split("/")[1]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("cave/net/demo", "valid"),
        ("cave/net/demo/test", "test"),
        ("results/reconstruct/cave/net/demo", "valid"),
        ("results/score/cave/net/demo/test.csv", "test"),
        ("./results/reconstruct/cave/net/demo/test.h5", "test"),
    ],
)
def test_a_person_names_a_cell_by_its_last_parts(text: str, split: str) -> None:
    assert Cell.from_text(text) == Cell("cave", "net", "demo", split)


@pytest.mark.parametrize("text", ["cave", "cave/net", "a/b/c/d/e", "/cave/net/demo", ""])
def test_a_text_that_names_no_cell_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="name a run as DATASET/METHOD/RUN"):
        Cell.from_text(text)


@pytest.mark.parametrize("attribute", ["plan", "checkpoint", "history"])
def test_a_path_tells_its_training(attribute: str) -> None:
    training = Training("cave", "mialgo_han-clipped", "full-seed12")
    path = getattr(training, attribute)
    assert Training.from_path(path) == training
    assert cells.step_of(path) == "train"


@pytest.mark.parametrize(
    "path", ["published/hprn/table1.csv", "results/timings.csv", "data/cave/a.mat", "results"]
)
def test_a_path_outside_the_steps_has_no_step(path: str) -> None:
    assert cells.step_of(path) is None


@pytest.mark.parametrize(
    ("budget", "seed", "run"),
    [("demo", None, "demo"), ("demo", 0, "demo-seed0"), ("full", "12", "full-seed12")],
)
def test_a_run_is_a_budget_and_a_seed(budget: str, seed: int | str | None, run: str) -> None:
    assert cells.name_run(budget, seed) == run
    assert cells.budget_of(run) == budget
    if seed is not None:
        assert cells.seed_of(run) == int(seed)


def test_the_products_of_a_step_are_below_its_folder() -> None:
    assert Cell("cave", "hprn", "demo", "valid").scores.startswith(cells.folder_of("score") + "/")


def test_the_released_weights_are_a_run_of_the_full_budget() -> None:
    assert cells.budget_of(cells.RELEASED) == "full"


@pytest.mark.parametrize(
    "run", ["demo", "released", "demo-seed", "demo-seedx", "-seed0", "demo-seed0-x"]
)
def test_a_run_without_a_seed_has_none(run: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(run)}: is not the run of a training"):
        cells.seed_of(run)
