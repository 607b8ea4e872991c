"""`config.yaml`, and what a person types behind `--config`."""

from typing import Any

import pytest
import yaml
from snakemake.cli import parse_config

from respectra.config import Choices, Config
from respectra.config.choices import from_command_line
from tests.config.conftest import ROOT, Project, sentence


def choose(project: Project, **changes: Any) -> Choices:
    """The choices of the small project's file with some changed."""
    raw = yaml.safe_load((project.root / "config/config.yaml").read_text())
    return project.config.choices({**raw, **changes})


def typed(project: Project, *words: str) -> Choices:
    """The choices as Snakemake makes them of the file and `--config`."""
    return choose(project, **parse_config(list(words)))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("methods=linear", ("linear",)),
        ("methods=linear,net-flips", ("linear", "net-flips")),
        ("methods=linear, net", ("linear", "net")),
        ("methods=[linear,net]", ("linear", "net")),
        ("methods=everything", "everything"),
        ("seeds=[0,1]", (0, 1)),
        ("seeds=0,1", (0, 1)),
        ("seeds=[7]", (7,)),
        ("make={journal: [table1]}", {"journal": ("table1",)}),
        ("make={journal: table1}", {"journal": ("table1",)}),
        ("make={journal: everything}", {"journal": "everything"}),
        ("make={journal: []}", {"journal": ()}),
        ("extra_datasets=places", ("places",)),
        ("extra_datasets=[places,places-grouped]", ("places", "places-grouped")),
        ("extra_datasets=[]", ()),
        ("folder=./2024_05_01", "./2024_05_01"),
        ("folder=2024-05-01", "2024-05-01"),
        ("dataset=places-grouped", "places-grouped"),
        ("dataset=paper", "paper"),
        ("budget=full", "full"),
        ("leaks=leave_out", "leave_out"),
        ("gpus=2", 2),
        ("gpus=auto", "auto"),
        ("loader_workers=0", 0),
        ("keep_reconstructions=false", False),
        ("download=false", False),
        ("keep_reconstructions=True", True),
        ("arithmetic=fast", "fast"),
        ("graphs=true", True),
        ("compile=true", True),
        ("save_seconds=60", 60),
        ("save_seconds=1e3", 1000),
    ],
)  # fmt: skip
def test_what_is_typed_is_what_is_chosen(project: Project, word: str, value: object) -> None:
    assert getattr(typed(project, word), word.partition("=")[0]) == value


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("methods=liner", "methods: liner is no method; did you mean linear?"),
        ("methods=linear,nett", "methods: nett is no method; did you mean net?"),
        ("methods=net-flip", "methods: flip is no variant of net; did you mean flips?"),
        ("methods=net-", "methods: '' is no variant of net; known are flips, held_out, no_branch, no_order"),
        ("methods=3", "methods: 3: must be 'everything' or a list"),
        ("methods=True", "methods: true: must be 'everything' or a list"),
        ("methods=", "methods: null: must be 'everything' or a list"),
        ("methods=,", "methods: names no method; write everything for all"),
        ("methods=[]", "methods: names no method; write everything for all"),
        ("methods={a: b}", "methods: {a: b}: must be 'everything' or a list"),
        ("seeds=3", "seeds: 3 must be a list: 'seeds=[3]' is the one seed 3, 'seeds=[0,1,2]' are three seeds"),
        ("seeds=[]", "seeds: []: must have at least 1 item"),
        ("seeds=", "seeds: null: must be a list"),
        ("seeds=True", "seeds: true: must be a list"),
        ("seeds=1.5", "seeds: 1.5: must be a list"),
        ("seeds=0-3", "seeds: 0-3 is not a seed; write numbers, as in 'seeds=[0,1,2]'"),
        ("seeds=[0,a]", "seeds: a is not a seed; write numbers, as in 'seeds=[0,1,2]'"),
        ("seeds=[-1]", "seeds: '-1' is not a seed; write numbers, as in 'seeds=[0,1,2]'"),
        ("seeds=[0,0]", "seeds: 0 is given twice"),
        ("seeds={a: 1}", "seeds: {a: '1'}: must be a list"),
        ("make=journal", "make: journal must name papers and their tables or figures, as in 'make={ntire2022: [table1]}'"),
        ("make=[journal]", "make: [journal] must name papers and their tables or figures, as in 'make={ntire2022: [table1]}'"),
        ("make=3", "make: 3 must name papers and their tables or figures, as in 'make={ntire2022: [table1]}'"),
        ("make={jornal: everything}", "make: jornal is no paper; did you mean journal?"),
        ("make={journal: [tabel1]}", "make.journal: tabel1 is no table or figure; did you mean table1?"),
        ("make={journal: {a: b}}", "make.journal: {a: b}: must be 'everything' or a list"),
        ("extra_datasets=plces", "extra_datasets: plces is no data set; did you mean places?"),
        ("extra_datasets=3", "extra_datasets: 3: must be a list"),
        ("folder=2024_05_01", "folder: 20240501: was read as a number, not as a name; write folder=./NAME"),
        ("folder=1e5", "folder: 100000.0: was read as a number, not as a name; write folder=./NAME"),
        ("folder=True", "folder: true: was read as yes or no, not as a name; write folder=./NAME"),
        ("folder=", "folder: null: must be a valid string"),
        ("folder=[a]", "folder: [a]: must be a valid string"),
        ("dataset=2024", "dataset: '2024' is no data set; known are classified, folder, places"),
        ("dataset=1e5", "dataset: 100000.0: was read as a number, not as a name; rename its file"),
        ("dataset=True", "dataset: true: was read as yes or no, not as a name; rename its file"),
        ("dataset=foldr", "dataset: foldr is no data set; did you mean folder?"),
        ("dataset=places-groupd", "dataset: groupd is no variant of places; did you mean grouped?"),
        ("budget=3", "budget: '3' is no budget; known are demo, full, half"),
        ("budget=dmo", "budget: dmo is no budget; did you mean demo?"),
        ("leaks=drop", "leaks: drop: must be 'keep' or 'leave_out'"),
        ("device=gpu", "device: gpu: must be 'auto', 'cpu' or 'cuda'"),
        ("gpus=all", "gpus: all: must be a valid integer or 'auto'"),
        ("gpus=-1", "gpus: -1: must be greater than or equal to 0 or 'auto'"),
        ("arithmetic=quick", "arithmetic: quick: must be 'exact' or 'fast'"),
        ("loader_workers=many", "loader_workers: many: must be a valid integer or 'auto'"),
        ("keep_reconstructions=yes", "keep_reconstructions: 'yes': must be a valid boolean"),
        ("save_seconds=-1", "save_seconds: -1: must be greater than or equal to 0"),
        ("sedes=[0]", "sedes is not known here; did you mean seeds?"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line(project: Project, word: str, message: str) -> None:
    assert sentence(lambda: typed(project, word)).startswith(f"config/config.yaml: {message}")


def test_a_name_of_digits_is_a_name(project: Project) -> None:
    """Snakemake reads it as a number, in quotes or not."""
    project.write("config/budgets/2024.yaml", "{caption: x, small: false, share: 1.0}")
    project.write("config/budgets/2024_05.yaml", "{caption: x, small: false, share: 1.0}")
    assert typed(project, "budget=2024").budget == typed(project, "budget='2024'").budget == "2024"
    text = sentence(lambda: typed(project, "budget=2024_05"))
    assert text == "config/config.yaml: budget: '202405' is no budget; did you mean 2024_05?"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds: [0]", "seeds: 0", "seeds: 0 must be a list"),
        ("seeds: [0]", "sedes: [0]", "sedes is not known here; did you mean seeds?"),
        ("budget: demo\n", "", "budget is missing"),
        ("budget: demo", "budget: demos", "budget: demos is no budget; did you mean demo?"),
        ("dataset: folder", "dataset: floder", "dataset: floder is no data set; did you mean folder?"),
        ("extra_datasets: []", "extra_datasets: [plces]", "extra_datasets: plces is no data set; did you mean places?"),
        ("[table1, figure1]", "[tabel1]", "make.journal: tabel1 is no table or figure; did you mean table1?"),
        ("make:\n", "make: {}\nmake:\n", "line 6: is not readable as YAML: make is given twice"),
        ("save_seconds: 300", "save_seconds: .inf", "save_seconds: .inf: must be a finite number"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("config.yaml", old, new)
    assert sentence(config.choices).startswith(f"config/config.yaml: {message}")


def test_what_is_typed_does_not_change_what_it_is_made_of() -> None:
    raw = {"methods": "linear", "make": {"journal": "table1"}, "seeds": ["0"]}
    before = {"methods": "linear", "make": {"journal": "table1"}, "seeds": ["0"]}
    assert from_command_line(raw)["make"] == {"journal": ["table1"]}
    assert raw == before


def test_the_choices_of_this_project_are_read() -> None:
    choices = Config(ROOT).choices()
    assert choices.seeds
    assert set(choices.make) <= set(Config(ROOT).names("papers"))


def test_a_block_of_the_command_line_replaces_that_of_the_file(project: Project) -> None:
    """Snakemake's own `configfile:` merges them, and makes what nobody asked for."""
    assert len(project.config.choices().make) >= 1
    choices = project.config.choices(parse_config(["make={}", "methods=linear"]))
    assert choices.make == {}
    assert choices.methods == ("linear",)
    assert choices.seeds == project.config.choices().seeds


def test_a_folder_that_nothing_reads_is_refused(project: Project) -> None:
    text = sentence(lambda: project.config.choices({"folder": "elsewhere", "dataset": "places"}))
    assert text.startswith(
        "--config folder: elsewhere: data set places reads no folder of your own"
    )
    assert text.endswith("add dataset=folder")


@pytest.mark.parametrize(("gpus", "count"), [(0, 0), (3, 3)])
def test_gpus_are_those_of_the_choice(project: Project, gpus: int, count: int) -> None:
    assert choose(project, gpus=gpus).count_gpus() == count


def test_a_gpu_is_reserved_where_a_driver_is_installed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, count in (("/usr/bin/nvidia-smi", 1), (None, 0)):
        monkeypatch.setattr("shutil.which", lambda name, place=place: place)
        assert choose(project, gpus="auto").count_gpus() == count
