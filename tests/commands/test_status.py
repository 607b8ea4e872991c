import csv
from pathlib import Path

import pytest

from respectra.commands.status import (
    BEGIN,
    DEVIATIONS,
    END,
    describe_networks,
    describe_status,
    read_deviations,
    read_lines,
    update_block,
)
from respectra.config import Config, ConfigError
from tests.conftest import ROOT
from tests.networks.measure import list_outputs


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The project's configuration in a folder without results."""
    (tmp_path / "published").symlink_to(ROOT / "published")
    monkeypatch.chdir(tmp_path)
    return Config(ROOT)


def test_the_page_in_docs_is_the_output_of_the_command(published: Config) -> None:
    page = (ROOT / "docs/status.md").read_text(encoding="utf-8")
    assert page == describe_status(published) + "\n"


def test_the_block_of_the_readme_is_current(published: Config) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == "\n" + describe_networks(published)


def test_published_values_are_those_of_the_first_table(published: Config) -> None:
    lines = read_lines(published)
    assert lines["mst_plus_plus", "MRAE"].line["theirs"] == "0.1645"
    assert lines["ivl_fast_n_squeeze_ensemble", "MRAE"].line["column"] == "ARAD_1K test"
    assert lines["mialgo_han", "MACs"].size == (482, 512)
    assert lines["mialgo_han", "Params"].size is None
    assert lines["hprn", "MRAE"].line["ours"] == ""


def test_a_score_is_shown_next_to_the_published_value(published: Config, tmp_path: Path) -> None:
    scores = tmp_path / "results/score/arad1k/mst_plus_plus/full-seed0/valid.csv"
    scores.parent.mkdir(parents=True)
    scores.write_text("scene,region,mrae,rmse,psnr\na,crop,0.25,0,0\nb,crop,0.35,0,0\n")
    row = next(x for x in describe_networks(published).splitlines() if x.startswith("| MST++ |"))
    assert "| 0.3 / 0.1645 |" in row
    assert "| 1.620 M / 1.62 M | 22.23 G / 23.05 G |" in row


def test_each_recorded_output_has_a_deviation_within_its_tolerance() -> None:
    with open(ROOT / DEVIATIONS, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["method"], row["output"]) for row in rows] == list(list_outputs(Config(ROOT)))
    for row in rows:
        tolerance = 1e-4 if row["output"].startswith("hprn/") else 2e-5
        assert float(row["deviation"]) <= tolerance, row["output"]


def test_the_largest_deviation_of_a_method_includes_its_variants(tmp_path: Path) -> None:
    file = tmp_path / "deviations.csv"
    file.write_text("method,output,deviation\nnet,a,1e-6\nnet-wide,b,3e-6\nother,c,2e-7\n")
    assert read_deviations(file) == {"net": 3e-6, "other": 2e-7}


def test_a_file_without_the_block_is_refused(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    for text in ("", BEGIN, f"{END} {BEGIN}", f"{BEGIN} {BEGIN} {END}"):
        path.write_text(text)
        with pytest.raises(ConfigError, match="once each, in this order"):
            update_block(config, path)
        assert path.read_text() == text


def test_only_the_block_changes(published: Config, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    update_block(published, path)
    text = path.read_text()
    assert text.startswith(f"before\n{BEGIN}\nThe authors")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
