from pathlib import Path

from respectra.datasets.layout import splits_file


def test_a_table_in_the_folder_comes_before_one_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").touch()
    assert splits_file(str(tmp_path), "scenes.csv") == tmp_path / "scenes.csv"


def test_a_path_is_taken_as_it_stands(tmp_path: Path) -> None:
    assert splits_file(str(tmp_path), "data/splits/arad1k.csv") == Path("data/splits/arad1k.csv")
