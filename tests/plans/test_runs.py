import pytest

from respectra.config import Choices, Config, ConfigError
from respectra.plans import runs
from respectra.plans.runs import Run
from tests.config.conftest import ROOT, Project, sentence


@pytest.fixture
def choices(project: Project) -> Choices:
    return project.config.choices().model_copy(update={"seeds": (0, 3)})


def test_a_network_has_a_run_for_every_seed(project: Project, choices: Choices) -> None:
    names = ("net-flips", "sparse", "linear", "net_ensemble")
    assert {name: runs.runs_of(project.config, choices, name, "demo") for name in names} == {
        "net-flips": ["demo-seed0", "demo-seed3"],
        "sparse": ["demo"],
        "linear": ["demo"],
        "net_ensemble": ["demo"],
    }


def test_a_title_has_the_name_of_the_variant(project: Project) -> None:
    assert runs.title_of(project.config, "net") == "Net"
    assert runs.title_of(project.config, "net-no_branch") == "Net, no_branch"


def test_methods_are_listed_by_kind_and_name(project: Project, choices: Choices) -> None:
    everything = [
        "linear", "sparse", "chained", "net", "fitted_ensemble", "mixed_ensemble", "net_ensemble",
    ]  # fmt: skip
    assert runs.list_methods(project.config) == everything  # without `hidden`
    assert runs.list_methods(project.config, choices) == everything
    few = choices.model_copy(update={"methods": ("net-flips", "hidden", "linear")})
    assert runs.list_methods(project.config, few) == ["hidden", "linear", "net-flips"]


def test_a_chosen_method_includes_its_variants(choices: Choices) -> None:
    few = choices.model_copy(update={"methods": ("net", "chained-clipped")})
    chosen = {name for name in ("net", "net-flips", "chained", "chained-clipped", "linear")
              if runs.is_chosen(few, name)}  # fmt: skip
    assert chosen == {"net", "net-flips", "chained-clipped"}
    assert runs.is_chosen(choices, "linear")


def test_a_variant_that_only_reconstructs_differently_is_not_trained(project: Project) -> None:
    config = project.config
    assert runs.trained_method(config, "net-flips") == "net"
    assert runs.trained_method(config, "net-no_branch") == "net-no_branch"
    assert runs.trained_method(config, "net") == "net"
    checkpoint = runs.checkpoint_file(config, "places", "net-flips", "released")
    assert checkpoint == "results/train/places/net/released/checkpoint.pt"


def test_a_training_waits_for_the_one_it_starts_from(project: Project) -> None:
    config = project.config
    assert runs.training_chain(config, "chained-clipped") == ["chained-clipped", "chained"]
    initial = runs.initial_checkpoints(config, "places", "chained-clipped", "full-seed3")
    assert initial == ["results/train/places/chained/full-seed3/checkpoint.pt"]
    assert runs.initial_checkpoints(config, "places", "chained", "full-seed3") == []


@pytest.mark.parametrize(
    ("method", "trainings"),
    [
        ("net-flips", [("net", "demo-seed0"), ("net", "demo-seed3")]),
        ("chained-clipped", [
            ("chained-clipped", "demo-seed0"), ("chained", "demo-seed0"),
            ("chained-clipped", "demo-seed3"), ("chained", "demo-seed3"),
        ]),
        ("sparse", []),
        ("linear", []),
        ("net_ensemble", [("net", "demo-seed0"), ("net", "demo-seed1")]),
        ("fitted_ensemble", [("net-held_out", "demo-seed0"), ("net-held_out", "demo-seed1")]),
        ("mixed_ensemble", [
            ("net", "demo-seed0"), ("net", "demo-seed1"), ("net", "demo-seed0"),
            ("chained-clipped", "demo-seed2"), ("chained", "demo-seed2"),
        ]),
    ],
)  # fmt: skip
def test_the_trainings_that_a_method_rests_on(
    project: Project, choices: Choices, method: str, trainings: list[tuple[str, str]]
) -> None:
    expected = [Run(*training) for training in trainings]
    assert runs.trainings_of(project.config, choices, method, "demo") == expected
    methods = {name for name, _ in trainings} or {method}
    assert runs.trained_methods(project.config, method) >= methods


def test_a_network_that_is_trained_on_another_data_set(project: Project, choices: Choices) -> None:
    """The training of that data set is used: it is not repeated under the variant's name."""
    project.edit(
        "methods/net.yaml",
        "variants:",
        "trained_on: null\nvariants:\n  moved: {trained_on: folder}",
    )
    config = project.edit(
        "methods/chained.yaml",
        "variants:",
        "trained_on: null\nvariants:\n  moved: {trained_on: folder}",
    )
    checkpoint = runs.checkpoint_file(config, "places", "net-moved", "demo-seed0")
    assert checkpoint == "results/train/folder/net/demo-seed0/checkpoint.pt"
    few = choices.model_copy(update={"seeds": (0,)})
    assert runs.trainings_of(config, few, "net-moved", "demo") == [
        Run("net", "demo-seed0", "folder")
    ]
    assert runs.trainings_of(config, few, "chained-moved", "demo")[0].trained_on == "folder"


def test_what_it_is_trained_on_is_a_data_set_and_it_is_a_network(project: Project) -> None:
    config = project.edit("methods/net.yaml", "variants:", "trained_on: nowhere\nvariants:")
    with pytest.raises(ConfigError, match="trained_on: nowhere is no data set"):
        config.method("net")
    config = project.edit("methods/linear.yaml", "control:", "trained_on: places, control:")
    with pytest.raises(ConfigError, match="trained_on: only networks are trained"):
        config.method("linear")


def test_the_trained_methods_of_a_method(project: Project) -> None:
    assert runs.trained_methods(project.config, "net-flips") == {"net"}
    assert runs.trained_methods(project.config, "mixed_ensemble") == {
        "net", "chained", "chained-clipped", "linear",
    }  # fmt: skip


def test_an_ensemble_counts_the_passes_of_its_networks(project: Project) -> None:
    config = project.config
    assert runs.count_passes(config, "net-no_branch") == {"net": 1}
    assert runs.count_passes(config, "net-flips") == {"net": 8}
    assert runs.count_passes(config, "mixed_ensemble") == {"net": 10, "chained": 1}
    assert runs.count_passes(config, "sparse") == {}


def test_an_ensemble_that_selects_by_the_picture_applies_one_member(project: Project) -> None:
    config = project.edit("methods/net_ensemble.yaml", "weighted_mean", "by_case")
    assert runs.count_passes(config, "net_ensemble") == {"net": 1}


def test_members_are_in_their_order(project: Project) -> None:
    config = project.config
    assert runs.members_of(config, "mixed_ensemble", "full") == [
        Run("net_ensemble", "full"), Run("net-flips", "full-seed0"),
        Run("chained-clipped", "full-seed2"), Run("linear", "full"),
    ]  # fmt: skip
    assert runs.member_files(config, "places", "net_ensemble", "full", "test") == [
        "results/reconstruct/places/net/full-seed0/test.h5",
        "results/reconstruct/places/net/full-seed1/test.h5",
    ]


def test_fitted_weights_wait_for_held_out_scenes(project: Project) -> None:
    config = project.config
    assert runs.held_out_files(config, "places", "fitted_ensemble", "full") == [
        "results/reconstruct/places/net-held_out/full-seed0/held_out.h5",
        "results/reconstruct/places/net-held_out/full-seed1/held_out.h5",
    ]
    assert runs.held_out_files(config, "places", "net_ensemble", "full") == []
    assert runs.held_out_files(config, "places", "net", "full") == []


def test_extra_data_sets_are_those_that_are_named_and_used(project: Project) -> None:
    config, names = project.config, ("places-grouped", "classified")
    manifests = [f"results/datasets/{name}/scenes.csv" for name in names]
    assert runs.extra_manifests(config, "folder", "chained-clipped", names) == manifests
    assert runs.extra_manifests(config, "places", "chained", names) == manifests[1:]
    assert runs.extra_manifests(config, "folder", "net", names) == []
    assert runs.extra_manifests(config, "folder", "chained", ()) == []


def test_the_ensembles_of_the_challenge_run_their_networks_so_often() -> None:
    """The times of the challenge's entries follow from these numbers."""
    config = Config(ROOT)
    assert runs.count_passes(config, "ssr_ensemble") == {"ssr_han": 4, "ssr_restormer": 1}
    assert runs.count_passes(config, "mst_plus_plus_challenge_ensemble")["mst_plus_plus"] == 24
    assert runs.count_passes(config, "mialgo_ensemble") == {"mialgo_han": 1}
    assert runs.count_passes(config, "ivl_fast") == {}


def test_released_weights_are_in_one_of_three_files(project: Project) -> None:
    config = project.config
    assert runs.released_file(config, "net") == "data/released/net.pth"
    for suffix in (".pt", ".pth", ".safetensors"):
        project.write(f"data/released/net{suffix}", "weights")
        assert runs.released_file(config, "net") == f"data/released/net{suffix}"
    assert "nett is no method" in sentence(lambda: runs.released_file(config, "nett"))


def test_the_released_weights_of_this_project_are_published_as_pth() -> None:
    assert runs.released_file(Config(ROOT), "edsr").startswith("data/released/edsr.")
