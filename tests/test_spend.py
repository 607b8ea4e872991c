from pathlib import Path

import pytest

from respectra import spend
from respectra.config import Config
from respectra.spend import disk, read_steps, report, trainings
from tests.conftest import ROOT

CONFIG = Config(ROOT)
CHOICES = CONFIG.choices()


def test_hours_are_iterations_times_measured_seconds() -> None:
    found = {t.method: t for t in trainings(CONFIG, "ntire2022", "full", CHOICES)}
    step = read_steps(ROOT / "data/timings/h200.csv")["mst_plus_plus"].seconds
    whole = found["mst_plus_plus"]
    assert whole.basis == "measured"
    assert found["mst_plus_plus-patch_64"].basis == "scaled"
    assert whole.hours == pytest.approx(300_000 * step / 3600)
    small, large = found["mst_plus_plus-patch_64"], found["mst_plus_plus-patch_256"]
    assert small.seconds == pytest.approx(whole.seconds / 4)  # a quarter of the pixels
    assert large.seconds == pytest.approx(whole.seconds * 4)


def test_what_was_not_measured_is_told_from_its_multiplications(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = read_steps(CONFIG.root / spend.TIMINGS)
    known = {name: measured[name] for name in measured if name not in ("mprnet", "restormer")}
    monkeypatch.setattr(spend, "read_steps", lambda path: known)
    found = {t.method: t for t in trainings(CONFIG, "ntire2022", "full", CHOICES)}
    assert found["mprnet"].basis == "counted"
    macs = {name: CONFIG.method(name).expect.macs for name in ("mprnet", "restormer")}
    work = {n: CONFIG.method(n).train[0].batch * CONFIG.method(n).train[0].patch ** 2 for n in macs}
    ratio = found["mprnet"].seconds / found["restormer"].seconds
    assert macs["mprnet"] is not None
    assert macs["restormer"] is not None
    assert ratio == pytest.approx(
        macs["mprnet"] / macs["restormer"] * work["mprnet"] / work["restormer"]
    )


def test_every_training_of_the_paper_is_counted_once() -> None:
    seeds = CHOICES.model_copy(update={"seeds": (0, 1)})
    one = sum(t.runs for t in trainings(CONFIG, "ntire2022", "full", CHOICES))
    two = sum(t.runs for t in trainings(CONFIG, "ntire2022", "full", seeds))
    assert one < two < 2 * one  # an ensemble's members have seeds of their own


def test_what_figures_alone_show_is_counted_too() -> None:
    """Every method stands in the overview's leaderboard, and its trainings are as many as jobs."""
    found = {t.method for t in trainings(CONFIG, "hprn", "full", CHOICES)}
    assert {"hprn-group_16", "hprn"} <= found
    only_drawn = CONFIG.paper("overview").model_copy(update={"tables": {}})
    config = Config(ROOT)
    config.paper = lambda name: only_drawn  # type: ignore[method-assign]
    drawn = {t.method: t.runs for t in trainings(config, "overview", "full", CHOICES)}
    tabled = {t.method: t.runs for t in trainings(CONFIG, "overview", "full", CHOICES)}
    assert drawn == tabled
    assert drawn["mst_plus_plus"] == 2  # its own seed, and a second for the ensemble of two


def test_disk_is_that_of_the_cubes() -> None:
    found = disk(CONFIG, "ntire2022", "full", CHOICES)
    cube = 482 * 512 * (31 * 4 + 3)
    assert found["cubes and pictures"] == pytest.approx(cube * 997)


def test_disk_is_that_of_members_too() -> None:
    """A validation split of every reconstruction that the workflow makes: ensembles' members have
    files of their own, and held-out scenes theirs."""
    size = 482 * 512 * (31 * 4 + 3)
    one = CONFIG.choices().model_copy(update={"methods": ("mst_plus_plus_scales_ensemble",)})
    # the ensemble, its three members, and nothing else of the paper
    alone = disk(CONFIG, "overview", "full.arad1k", one)["reconstructions"]
    assert alone >= size * 50 * 4
    fitted = CONFIG.choices().model_copy(update={"methods": ("mst_plus_plus_fitted_ensemble",)})
    more = disk(CONFIG, "overview", "full.arad1k", fitted)["reconstructions"]
    assert more >= size * (50 * 7 + 6 * 0.05 * 897)


def test_the_report_says_what_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(report(CONFIG, "hprn", "demo.synthetic", CHOICES))
    assert any(line.startswith("hprn-grid_8 ") for line in lines)
    assert lines[-1].startswith("Seconds are of one NVIDIA H200")
    assert Path(ROOT / "data/timings/h200.csv").is_file()
