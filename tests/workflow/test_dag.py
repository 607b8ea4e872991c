"""The plan of jobs, without running one."""

import re

import pytest

from respectra.config import Config
from respectra.plans.figures import is_drawable
from respectra.plans.runs import list_methods, trainings_of
from tests.workflow.conftest import ROOT, Project


def test_lint_finds_nothing(fresh: Project) -> None:
    assert "Congratulations" in fresh.snakemake("--lint")


def test_the_demo_is_a_job_per_cell(fresh: Project) -> None:
    makefile = (ROOT / "Makefile").read_text()
    chosen = re.search(r"^DEMO_METHODS := (\S+)$", makefile, re.M)[1]  # type: ignore[index]
    jobs = fresh.plan("--config", f"methods={chosen}")
    assert len(jobs["store_dataset"]) == len(jobs["photograph_dataset"]) == 1
    config = Config(ROOT)
    choices = config.choices().model_copy(update={"methods": tuple(chosen.split(","))})
    methods = list_methods(config, choices)
    trained = {
        (run.method, run.run)
        for method in methods
        for run in trainings_of(config, choices, method, "demo")
    }
    jobs_trained = [dict(pair.split("=") for pair in w.split(", ")) for w in jobs["train_network"]]
    assert {(job["method"], job["run"]) for job in jobs_trained} == trained
    assert len(jobs_trained) == len(trained)
    ensembles = {method for method in methods if config.kind(method) == "ensemble"}
    assert {re.search(r"method=(\w+)", w)[1] for w in jobs["combine_members"]} == ensembles  # type: ignore[index]
    figures = [
        key
        for paper in ("overview", "ntire2022")
        for key in config.paper(paper).figures
        if is_drawable(config, paper, key, "demo.synthetic", choices)
    ]
    assert len(jobs["make_figure"]) == len(figures)


def test_the_smoke_run_trains_every_network(fresh: Project) -> None:
    config = Config(ROOT)
    networks = {m for m in list_methods(config) if config.kind(m) == "network"}
    jobs = fresh.plan("smoke")
    trained = {re.search(r"method=([\w-]+)", job)[1] for job in jobs["train_network"]}  # type: ignore[index]
    assert networks <= trained
    assert jobs["make_page"] == {"paper=overview, page=scenes, edition=smoke.synthetic"}


@pytest.mark.parametrize("paper", ["ntire2022", "hprn"])
def test_a_paper_target_trains_every_row_of_its_tables(fresh: Project, paper: str) -> None:
    config = Config(ROOT)
    choices = config.choices()
    rows = {m for t in config.paper(paper).tables.values() if t.columns and t.rows != "every_method"
            for m in t.rows.values() if m}  # fmt: skip
    trained = {run.method for m in rows for run in trainings_of(config, choices, m, "demo")}
    jobs = fresh.plan(paper)["train_network"]
    methods = {re.search(r"method=([\w-]+)", job)[1] for job in jobs}  # type: ignore[index]
    assert trained <= methods


@pytest.mark.parametrize(
    "target",
    ["datasets", "camera", "train", "reconstruct", "score", "tables", "figures", "page", "smoke", "ntire2022",
     "hprn", "results/score/synthetic/hprn-no_ssrm/reduced-seed7/valid.csv",
     "results/score/arad1k/mst_plus_plus/full-seed0/valid.csv",
     "results/score/synthetic/root_polynomial-relative/full/valid.csv",
     "results/score/synthetic/mst_plus_plus-plausible/full-seed7/valid.csv",
     "results/tables/hprn/table7.full.csv", "results/metrics.json"],
)  # fmt: skip
def test_every_target_by_name_has_a_plan(fresh: Project, target: str) -> None:
    assert fresh.plan(target)


def test_a_condition_photographs_a_split_and_needs_no_training_of_its_own(fresh: Project) -> None:
    jobs = fresh.plan("results/score/synthetic/hprn_ensemble/demo/valid.gain-double.csv")
    assert jobs["make_condition"] == {"dataset=synthetic, split=valid.gain-double"}
    assert all("gain" not in job for job in jobs["train_network"])
    splits = {re.search(r"split=(\S+?)(,|$)", job)[1] for job in jobs["reconstruct_split"]}  # type: ignore[index]
    assert splits == {"valid.gain-double"}


def test_a_paper_target_makes_every_table_of_the_paper(fresh: Project) -> None:
    tables = {re.search(r"table=(\w+)", w)[1] for w in fresh.plan("hprn")["make_table"]}  # type: ignore[index]
    files = {p.stem for p in (ROOT / "published/hprn").glob("*.csv")}
    assert tables == files


def test_a_paper_on_its_own_data_asks_for_them(fresh: Project) -> None:
    jobs = fresh.plan("ntire2022", "--config", "budget=full", "dataset=paper")
    assert "dataset=arad1k" in jobs["store_dataset"]
    assert any("table=table1, edition=full" in w for w in jobs["make_table"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["results/score/synthetic/hprm/demo-seed0/valid.csv"], "hprm is no method; did you mean hprn?"),
        (["results/score/synthetic/hprn-no_srm/demo-seed0/valid.csv"], "no_srm is no variant of hprn; did you mean no_ssrm?"),
        (["results/score/synthetic/hprn/dmo-seed0/valid.csv"], "dmo is no budget; did you mean demo?"),
        (["results/score/synthetic/linear/demo/valid.gian.csv"], "gian is no condition; did you mean gain?"),
        (["results/datasets/sinthetic/scenes.csv"], "sinthetic is no data set; did you mean synthetic?"),
        (["--config", "budget=dmo"], "config/config.yaml: budget: dmo is no budget; did you mean demo?"),
        (["--config", "sedes=[1]"], "config/config.yaml: sedes is not known here; did you mean seeds?"),
        (["--config", "seeds=[]"], "config/config.yaml: seeds"),
        (["--config", "methods=[linear,hprm]"], "config/config.yaml: methods: hprm is no method; did you mean hprn?"),
        (["results/tables/hprn/table77.demo.csv"], "table77 is no table; did you mean table7?"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line_is_named(
    fresh: Project, arguments: list[str], message: str
) -> None:
    done = fresh.run("snakemake", "-n", *arguments)
    assert done.returncode != 0
    assert message in done.stdout


def test_the_cluster_profile_plans_the_same(fresh: Project) -> None:
    import yaml

    profile = yaml.safe_load((ROOT / "profiles/slurm/profile.yaml").read_text())
    rules = set(fresh.plan())
    for key in ("set-resources", "set-threads"):
        assert set(profile[key]) <= rules


def test_the_number_of_gpus_can_be_said(fresh: Project) -> None:
    text = fresh.snakemake("-n", "--config", "gpus=1", "--", "train")
    assert "gpu=1" in text
    assert "gpu=0" in fresh.snakemake("-n", "--config", "gpus=0", "--", "train")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["results/train/synthetic/hrpn/smoke-seed0/checkpoint.pt"], "config/methods: hrpn is no method; "),
        (["--config", "make={ntire2022: [tabel1]}"], "config/config.yaml: make.ntire2022: tabel1 is no"),
    ],
)  # fmt: skip
def test_a_mistake_while_planning_is_one_sentence(
    fresh: Project, words: list[str], sentence: str
) -> None:
    """Snakemake's own report of an input function has its traceback and the sentence inside."""
    done = fresh.run("snakemake", "-n", *words)
    assert done.returncode == 1
    lines = done.stdout.strip().splitlines()
    assert lines[-1].startswith(sentence)
    assert "Traceback" not in done.stdout
    assert not any("Exception" in line or "Error" in line for line in lines)
