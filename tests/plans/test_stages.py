import yaml

from respectra.config import Config
from respectra.plans.digest import collect_names, reach
from respectra.plans.stages import OUTPUTS, source_files, write_stages
from respectra.plans.steps import plan_train
from tests.config.conftest import Project
from tests.conftest import ROOT


def test_the_file_of_dvc_is_current() -> None:
    """`make dvc` writes it again."""
    config = Config(ROOT)
    assert (ROOT / "dvc.yaml").read_text(encoding="utf-8") == write_stages(config, config.choices())


def test_a_stage_depends_on_the_source_files_that_its_plans_reach(project: Project) -> None:
    config, choices = project.config, project.config.choices()
    train = source_files(config, choices, "train")
    assert {"respectra/train/loop.py", "respectra/networks/tiny.py", "respectra/losses.py"} < set(
        train
    )
    assert "respectra/ensemble.py" not in train
    assert "respectra/ensemble.py" in source_files(config, choices, "score")
    with collect_names() as names:
        plan_train(config, "net", "full")
    files = {f"{module.replace('.', '/')}.py" for module, _ in reach(names)}
    assert files <= set(train)


def test_names_are_collected_inside_the_block_only(project: Project) -> None:
    with collect_names() as outer:
        with collect_names() as inner:
            plan_train(project.config, "chained", "full")
        before = set(outer)
        assert ("respectra.networks.tiny", "Tiny") in inner == before
    plan_train(project.config, "net", "full")
    assert outer == before


def test_a_stage_reads_what_an_earlier_one_writes(project: Project) -> None:
    stages = yaml.safe_load(write_stages(project.config, project.config.choices()))["stages"]
    assert list(stages) == list(OUTPUTS)
    written: set[str] = set()
    for name, stage in stages.items():
        read = {path for path in stage["deps"] if path.startswith("results/")}
        assert read <= written, name
        written.update(folder for out in stage["outs"] for folder in out)
        assert all(options["persist"] for out in stage["outs"] for options in out.values())


def test_a_folder_outside_data_is_a_dependency(project: Project) -> None:
    config = project.config
    project.write("elsewhere/a.mat", "a cube")
    outside = config.choices().model_copy(update={"folder": "elsewhere"})
    for choices, expected in ((config.choices(), False), (outside, True)):
        stage = yaml.safe_load(write_stages(config, choices))["stages"]["datasets"]
        assert ("elsewhere" in stage["deps"]) == expected
    other = outside.model_copy(update={"dataset": "places"})
    assert "elsewhere" not in write_stages(config, other)
    root = other.model_copy(update={"data_root": "elsewhere"})
    stage = yaml.safe_load(write_stages(config, root))["stages"]["datasets"]
    assert "elsewhere" in stage["deps"]
