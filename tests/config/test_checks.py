"""What one file says about another."""

import pytest

from tests.config.conftest import NETWORK, Project, dedent, sentence


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("method: net, seed: 0", "method: nett, seed: 0", "members.0: nett is no method; did you mean net?"),
        ("method: net, seed: 0", "method: net-flip, seed: 0", "members.0: flip is no variant of net; did you mean flips?"),
        ("method: net, seed: 0", "method: net-, seed: 0", "members.0: '' is no variant of net"),
        ("method: net, seed: 0", "method: linear-x", "members.0: x is no variant of linear; none is known"),
        ("method: net, seed: 0", "method: net", "members.0: net is trained; state its seed"),
        ("method: net, seed: 0", "method: linear, seed: 0", "members.0: linear has no seed; remove it"),
        ("method: net, seed: 0", "method: net_ensemble", "members.0: net_ensemble would make net_ensemble its own member"),
        ("method: net, seed: 0", "method: mixed_ensemble", "members.0: mixed_ensemble would make net_ensemble its own member"),
        ("{is: weighted_mean}", "{is: weighted_men}", "ensemble: weighted_men is no ensemble; did you mean weighted_mean?"),
        ("{is: weighted_mean}", "{is: weighted_mean, weights: [1]}", "ensemble: weights: weighted_mean receives it from its caller; remove it"),
    ],
)  # fmt: skip
def test_members_are_methods(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("methods/net_ensemble.yaml", old, new)
    text = sentence(lambda: config.method("net_ensemble"))
    assert text.startswith(f"config/methods/net_ensemble.yaml: {message}")


@pytest.mark.parametrize("final", ["1.1e-4", "0.1"])
def test_a_schedule_does_not_end_above_its_start(project: Project, final: str) -> None:
    project.edit("methods/net.yaml", "final: 0.0", "final: 1.0e-4").method("net")
    config = project.edit("methods/net.yaml", "final: 1.0e-4", f"final: {final}")
    text = sentence(lambda: config.method("net"))
    assert text.startswith("config/methods/net.yaml: train.0.schedule.final: 0.")
    assert "is above the rate that the phase begins with, optimizer.lr: 0.0001" in text


def test_an_ensemble_of_ensembles_ends(project: Project) -> None:
    """The other ensemble of a circle is refused, too."""
    config = project.edit(
        "methods/net_ensemble.yaml", "method: net, seed: 0", "method: mixed_ensemble"
    )
    assert sentence(lambda: config.method("mixed_ensemble")) == (
        "config/methods/mixed_ensemble.yaml: members.0: net_ensemble would make mixed_ensemble its "
        "own member"
    )


@pytest.mark.parametrize(
    "member", ["net, seed: 0", "linear", "net-no_branch, seed: 0", "net_ensemble"]
)
def test_weights_are_fitted_to_scenes_that_no_member_is_trained_on(
    project: Project, member: str
) -> None:
    config = project.edit("methods/fitted_ensemble.yaml", "net-held_out, seed: 0", member)
    text = sentence(lambda: config.method("fitted_ensemble"))
    name = member.partition(",")[0]
    assert text == (
        f"config/methods/fitted_ensemble.yaml: members.0: {name} is trained on the scenes that the "
        "weights are fitted to; each of its phases must state hold_out: {share: 0.05, seed: 0}"
    )


def test_the_held_out_scenes_of_every_member_are_the_same(project: Project) -> None:
    config = project.edit("methods/net.yaml", "{share: 0.05, seed: 0}", "{share: 0.05, seed: 1}")
    text = sentence(lambda: config.method("fitted_ensemble"))
    assert "members.0: net-held_out is trained on the scenes" in text


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("chaind", "chaind is no method; did you mean chained?"),
        ("net-flip", "flip is no variant of net; did you mean flips?"),
        ("chained", "chained would start from its own training"),
        ("chained-clipped", "chained would start from its own training"),
        ("linear", "linear is no network, so it has no training"),
        ("net_ensemble", "net_ensemble is no network, so it has no training"),
    ],
)
def test_a_training_starts_from_another_one(project: Project, start: str, message: str) -> None:
    config = project.edit("methods/chained.yaml", "starts_from: null", f"starts_from: {start}")
    text = sentence(lambda: config.method("chained"))
    assert text == f"config/methods/chained.yaml: starts_from: {message}"


def test_an_estimate_is_a_fit(project: Project) -> None:
    config = project.edit(
        "methods/net.yaml", "{rgb: {scale: unit}}", '{rgb: {scale: unit}, estimate: {is: "spars:sparse"}}'
    )  # fmt: skip
    assert sentence(lambda: config.method("net")) == (
        "config/methods/net.yaml: inputs.estimate: spars:sparse is no fit; did you mean sparse?"
    )


CHOOSE = "hold_out: {share: 0.05, seed: 0}\n    choose: {split: SPLIT, every: 10, by: mrae}"


@pytest.mark.parametrize(
    ("split", "place"),
    [("valid", "tables.table1"), ("test", "tables.table3")],
)
def test_no_training_chooses_its_weights_on_scenes_that_are_scored(
    project: Project, split: str, place: str
) -> None:
    config = project.edit("methods/net.yaml", "hold_out: null", CHOOSE.replace("SPLIT", split))
    assert sentence(lambda: config.paper("journal")) == (
        f"config/papers/journal.yaml: {place}: net chooses its weights on split {split}, which "
        "is scored here; set choose.split of the method to held_out or to another split"
    )


def test_weights_may_be_chosen_on_held_out_scenes(project: Project) -> None:
    config = project.edit("methods/net.yaml", "hold_out: null", CHOOSE.replace("SPLIT", "held_out"))
    assert config.method("net").train[0].choose is not None
    assert config.paper("journal").tables


def test_the_members_of_an_ensemble_choose_on_other_scenes_too(project: Project) -> None:
    project.edit("papers/journal.yaml", "Net: net, Ours", "Ours")
    config = project.edit("methods/net.yaml", "hold_out: null", CHOOSE.replace("SPLIT", "valid"))
    text = sentence(lambda: config.paper("journal"))
    assert "tables.table1: net chooses its weights on split valid" in text


def test_a_training_that_starts_from_another_counts_its_choice_too(project: Project) -> None:
    project.edit("methods/net.yaml", "hold_out: null", CHOOSE.replace("SPLIT", "valid"))
    later = dedent(NETWORK).replace("title: Net", "title: Later\nstarts_from: net")
    project.write("config/methods/later.yaml", later)
    config = project.edit("papers/journal.yaml", "Net: net, Ours: net_ensemble", "Net: later")
    text = sentence(lambda: config.paper("journal"))
    assert "tables.table1: net chooses its weights on split valid" in text


def test_a_figure_shows_no_scene_that_a_training_chose_its_weights_on(project: Project) -> None:
    for table in ("split: valid, region: crop", "split: valid, metrics"):
        project.edit("papers/journal.yaml", table, table.replace("valid", "train"))
    config = project.edit("methods/net.yaml", "hold_out: null", CHOOSE.replace("SPLIT", "valid"))
    text = sentence(lambda: config.paper("journal"))
    assert "figures.figure1: net-flips chooses its weights on split valid" in text
