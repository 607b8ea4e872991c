from pathlib import Path

import pytest

from respectra.config import Config
from respectra.datasets.layout import (
    check_listed,
    find_leaks,
    locate_splits,
    read_groups,
    read_splits,
)
from tests.conftest import ROOT


def test_a_table_in_the_folder_has_precedence(tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").touch()
    assert locate_splits(str(tmp_path), "scenes.csv") == tmp_path / "scenes.csv"


def test_a_path_is_not_changed(tmp_path: Path) -> None:
    assert locate_splits(str(tmp_path), "data/splits/arad1k.csv") == Path("data/splits/arad1k.csv")


def test_one_scene_leaks_and_the_grouped_split_leaves_it_out() -> None:
    groups = read_groups(ROOT / "data/groups/arad1k.csv")
    assert sorted(groups.values()).count("chart_0545") == 4
    for name, leaks in (("arad1k", ["ARAD_1K_0950"]), ("arad1k_grouped", [])):
        assert find_leaks(read_splits("nowhere", f"{ROOT}/data/splits/{name}.csv"), groups) == leaks


def test_the_shipped_splits_have_their_numbers_of_scenes() -> None:
    counts = {}
    for name in ("arad1k", "arad1k_900"):
        splits = list(read_splits("nowhere", f"{ROOT}/data/splits/{name}.csv").values())
        counts[name] = [splits.count(split) for split in ("train", "valid", "test", "unused")]
    assert counts == {"arad1k": [897, 50, 50, 3], "arad1k_900": [900, 50, 50, 0]}


def test_a_missing_table_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="does not exist; write this table with the columns scene and group"
    ):
        read_groups(tmp_path / "groups.csv")
    (tmp_path / "groups.csv").write_text("scene,place\na,1\n")
    with pytest.raises(ValueError, match="must have the columns scene and group"):
        read_groups(tmp_path / "groups.csv")


def test_the_simulated_arad1k_photographs_every_scene_that_has_a_cube() -> None:
    config = Config(ROOT)
    dataset, provided = config.dataset("arad1k-simulated"), config.dataset("arad1k")
    assert (dataset.observations, dataset.camera) == ("simulated", "ntire2022")
    splits = read_splits("nowhere", str(ROOT / dataset.read["splits"]))
    expected = read_splits("nowhere", str(ROOT / provided.read["splits"]))
    assert splits == {s: "unused" if v == "test" else v for s, v in expected.items()}
    assert set(splits.values()) - {"unused"} == set(dataset.splits)


def test_a_table_that_lacks_scenes_of_the_folder_is_refused() -> None:
    table, split_of = Path("scenes.csv"), {"a": "train", "z": "unused"}
    check_listed(Path("data"), table, ["a"], split_of)
    message = r"scenes.csv: does not list b, c, d, e, f and 1 more, but data has these cubes; add a"
    with pytest.raises(ValueError, match=message):
        check_listed(Path("data"), table, list("gfedcba"), split_of)
