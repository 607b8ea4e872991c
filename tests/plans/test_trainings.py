from respectra.plans.products import table_files
from respectra.plans.tables import plan_table
from respectra.plans.trainings import list_machines, list_trainings
from tests.config.conftest import Project, sentence

ROWS = {"Net": ["net"], "Ours": ["net_ensemble"], "Mixed": ["mixed_ensemble", "linear"]}


def test_trainings_are_those_of_all_methods_of_a_row_on_each_data_set(project: Project) -> None:
    config = project.config
    trainings = list_trainings(config, config.choices(), ROWS, {"places", "classified"}, "demo")
    net = trainings["results/train/places/net/demo-seed0/plan.yaml"]
    assert net["rows"] == ["Mixed", "Net", "Ours"]
    assert "results/train/classified/chained-clipped/demo-seed2/plan.yaml" in trainings


def test_a_row_has_a_file_for_each_training_and_the_number_of_its_seeds(project: Project) -> None:
    config = project.config
    choices = config.choices().model_copy(update={"seeds": (0, 1)})
    machines = list_machines(config, choices, {**ROWS, "Control": ["linear"]}, "places", "full")
    folder = "results/train/places/net"
    files = [f"{folder}/full-seed0/machine.yaml", f"{folder}/full-seed1/machine.yaml"]
    assert machines["Net"] == {"files": files, "repeats": 2}
    assert machines["Ours"] == {"files": files, "repeats": 1}
    assert len(machines["Mixed"]["files"]) == 4  # the chained network and its base too
    assert "Control" not in machines
    assert list_machines(config, choices, ROWS, None, "full") == {}


def test_a_table_of_hours_waits_for_the_trainings_behind_its_rows(project: Project) -> None:
    """It has no columns, so nothing else would wait for them."""
    text = "title: T\ntolerance: 0.05\ntables: {times: {caption: Times, is: scores, rows: {Net: net}, training_dataset: places}}\n"
    project.write("config/papers/times.yaml", text)
    config = project.config
    choices = config.choices()
    plan = plan_table(config, "times", "times", "demo.folder", choices)
    assert plan["machines"]["Net"]["files"] == ["results/train/folder/net/demo-seed0/machine.yaml"]
    assert "results/train/folder/net/demo-seed0/plan.yaml" in table_files(
        config, "times", "times", "demo.folder", choices
    )
    config = project.edit(
        "papers/times.yaml", "training_dataset: places", "training_dataset: place"
    )
    assert "tables.times.training_dataset: place is no data set; did you mean places?" in sentence(
        lambda: config.paper("times")
    )
