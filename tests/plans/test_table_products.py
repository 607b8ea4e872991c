from respectra.config import Config
from respectra.plans.table_products import list_products
from tests.conftest import ROOT
from tests.tables.builders import make_cell

CELLS = [
    make_cell(
        f"results/score/synthetic/hprn/demo-seed{seed}/valid.csv", left_out=["x"], region="crop"
    )
    for seed in range(2)
] + [make_cell("results/score/synthetic/linear/demo/valid.csv", row="linear")]


def test_a_cell_has_the_cubes_of_all_seeds() -> None:
    one, two = list_products(Config(ROOT), "brightness", CELLS)
    assert one["reconstructions"] == [
        f"results/reconstruct/synthetic/hprn/demo-seed{seed}/valid.h5" for seed in range(2)
    ]
    assert (one["row"], one["margin"], one["left_out"]) == ("HPRN", 16, ["x"])
    assert (two["row"], two["margin"]) == ("linear", 0)
    assert two["scenes"] == "results/datasets/synthetic/scenes.csv"


def test_a_kind_that_reads_scores_has_no_cubes() -> None:
    assert list_products(Config(ROOT), "scores", CELLS) == []


def test_the_cubes_of_a_condition_are_its_own() -> None:
    cell = make_cell("results/score/synthetic/linear/demo/valid.gain-double.csv")
    (products,) = list_products(Config(ROOT), "brightness", [cell])
    assert products["split"] == "valid"
    assert products["scenes"] == "results/conditions/synthetic/valid.gain-double/scenes.csv"
    assert products["reconstructions"] == [
        "results/reconstruct/synthetic/linear/demo/valid.gain-double.h5"
    ]


def test_an_ensemble_has_the_cubes_of_its_members() -> None:
    cell = make_cell("results/score/synthetic/hprn_ensemble/demo/valid.csv")
    (products,) = list_products(Config(ROOT), "uncertainty", [cell])
    assert products["members"] == [
        f"results/reconstruct/synthetic/hprn/demo-seed{seed}/valid.h5" for seed in (0, 1)
    ]


def test_a_self_ensemble_has_the_deviation_of_its_answers() -> None:
    cells = [
        make_cell(
            f"results/score/synthetic/mst_plus_plus{variant}/demo-seed0/valid.csv", row=variant
        )
        for variant in ("-self_ensemble", "")
    ]
    turned, plain = list_products(Config(ROOT), "uncertainty", cells)
    assert turned["deviations"] == [
        "results/reconstruct/synthetic/mst_plus_plus-self_ensemble_deviation/demo-seed0/valid.h5"
    ]
    assert plain["deviations"] == []
    assert list_products(Config(ROOT), "brightness", cells)[0]["deviations"] == []
