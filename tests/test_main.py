import subprocess
import sys
from pathlib import Path

import pytest

from respectra.__main__ import main
from respectra.datasets.leakage import Pair

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_list_names_every_method_and_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert "mst_plus_plus_ensemble" in out
    assert "no_ssrm" in out


def test_show_resolves_a_variant_at_a_budget(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "hprn-no_ssrm", "--budget", "demo"]) == 0
    out = capsys.readouterr().out
    assert "spatial_relation: none" in out
    assert "iterations: 300" in out


@pytest.mark.parametrize("method", ["oracle", "hprn_ensemble"])
def test_show_knows_every_kind(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", method]) == 0
    assert capsys.readouterr().out


def test_a_misspelt_method_is_one_sentence_and_status_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "respectra", "show", "hprm"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "config/methods: hprm is no method; did you mean hprn?\n"


def test_compare_prints_the_tables_that_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").symlink_to(ROOT / "config")
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "overview"]) == 2
    assert "no table of overview is made yet" in capsys.readouterr().err
    made = tmp_path / "results/tables/overview/methods.demo.synthetic.md"
    made.parent.mkdir(parents=True)
    made.write_text("| a table |")
    assert main(["compare", "overview"]) == 0
    assert "| a table |" in capsys.readouterr().out


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m respectra list | head -1`: a closed pipe is an OSError, too."""

    def closed(config: object) -> str:
        raise BrokenPipeError

    monkeypatch.setattr("respectra.__main__.listing", closed)
    assert main(["list"]) == 0


def test_leaks_and_pointers_want_to_know_of_which_data_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for action in ("leaks", "add"):
        assert main(["data", action]) == 2
        assert f"data {action}: which one? arad1k" in capsys.readouterr().err


def test_leaks_are_told_with_their_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "config/datasets").symlink_to(ROOT / "config/datasets")
    for name in ("methods", "cameras", "budgets", "papers"):
        (tmp_path / "config" / name).symlink_to(ROOT / "config" / name)
    for name in ("splits", "groups"):
        (tmp_path / "data" / name).symlink_to(ROOT / "data" / name)
    pictures = tmp_path / "data/arad1k/rgb"
    pictures.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    found = [Pair("ARAD_1K_0827", "ARAD_1K_0950", 79), Pair("ARAD_1K_0001", "ARAD_1K_0002", 20)]
    monkeypatch.setattr("respectra.datasets.leakage.find_pairs", lambda *_, **__: found)
    assert main(["data", "leaks", "arad1k"]) == 2
    assert "holds no pictures of arad1k" in capsys.readouterr().err
    (pictures / "ARAD_1K_0827.jpg").touch()
    assert main(["data", "leaks", "arad1k"]) == 0
    out = capsys.readouterr().out
    assert "(train) and ARAD_1K_0950 (valid): 79 features agree, across splits\n" in out
    assert "ARAD_1K_0002 (train): 20 features agree, not in data/groups/arad1k.csv\n" in out
