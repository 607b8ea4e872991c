"""The whole workflow at budget smoke: from nothing to finished tables and figures."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from respectra.config import Config
from tests.workflow.conftest import METHODS, ROOT, Project


def test_every_method_reaches_the_table(finished: Project) -> None:
    table = pd.read_csv(finished.folder / "results/tables/overview/methods.smoke.synthetic.csv")
    config = Config(ROOT)
    assert set(table["row"]) == {config.method(m).title for m in METHODS}
    assert table["ours"].notna().all()


def test_the_oracle_is_perfect(finished: Project) -> None:
    table = pd.read_csv(finished.folder / "results/tables/overview/methods.smoke.synthetic.csv")
    oracle = table[table["row"] == "oracle"].set_index("metric")["ours"]
    expected = {"PSNR": float("inf"), "SSIM": 1.0}
    assert dict(oracle) == {m: expected.get(m, 0.0) for m in oracle.index}


def test_every_figure_is_a_picture(finished: Project) -> None:
    figures = finished.folder / "results/figures/overview"
    for name in Config(ROOT).paper("overview").figures:
        assert (figures / f"{name}.smoke.synthetic.png").stat().st_size > 10_000
        assert (figures / f"{name}.smoke.synthetic.pdf").stat().st_size > 5_000


def test_nothing_is_left_to_be_done(finished: Project) -> None:
    assert finished.plan() == {}


def test_a_split_out_of_scope_is_scored(finished: Project) -> None:
    table = pd.read_csv(finished.folder / "results/tables/ntire2022/table3.smoke.synthetic.csv")
    row = table[(table["row"] == "SGG_RS_Whu") & (table["metric"] == "MRAE")].iloc[0]
    assert row["ours"] > 0
    assert (row["theirs"], row["verdict"]) == (0.2197, "not judged")
    other = table[(table["row"] == "IFL") & (table["metric"] == "MRAE")].iloc[0]
    assert other["verdict"] == "not run"  # config.yaml does not ask for it


def test_training_logs_say_device_and_time_left(finished: Project) -> None:
    log = (finished.folder / "logs/train/synthetic/hprn/smoke-seed0.log").read_text()
    assert "on CPU" in log or "on GPU" in log
    assert "iteration 2 of 2" in log


def test_the_command_line_prints_the_tables(finished: Project) -> None:
    done = finished.run("python", "-m", "respectra", "compare", "ntire2022")
    assert done.returncode == 0
    assert "| MST++ |" in done.stdout
    assert "/ 0.1131" in done.stdout


def test_the_report_works_offline(finished: Project) -> None:
    finished.snakemake("--report", "report.html")
    text = (finished.folder / "report.html").read_text()
    assert "leaderboard.smoke.synthetic.png" in text
    assert '<script src="http' not in text
    assert "Ranking" in text or "ranking" in text


def test_metrics_are_one_small_file(finished: Project) -> None:
    finished.snakemake("--cores", "1", "results/metrics.json")
    metrics = json.loads((finished.folder / "results/metrics.json").read_text())
    assert metrics["overview/methods.smoke.synthetic"]["linear"]["MRAE"] > 0


@pytest.mark.parametrize(
    "target", ["datasets", "camera", "train", "reconstruct", "score", "tables", "figures"]
)
def test_every_step_by_name_is_done(finished: Project, target: str) -> None:
    assert set(finished.plan(target)) <= {target}


def test_jobs_run_in_an_environment_whose_path_has_a_space(fresh: Project) -> None:
    environment = fresh.folder.parent / "an environment"
    environment.symlink_to(Path(sys.prefix))
    cell = "results/score/synthetic/linear/smoke/valid.csv"
    python = str(environment / "bin/python")
    done = fresh.run(python, "-m", "snakemake", "--cores", "2", cell)
    assert done.returncode == 0, done.stdout[-4000:]
    assert (fresh.folder / cell).exists()
