import os
from pathlib import Path

import pytest

from respectra.conditions.rows import link_pictures, list_training_rows, relate_row, write_tables
from respectra.datasets.store import Store
from tests.conftest import Data


def test_a_row_of_another_folder_leads_to_the_same_cube(data: Data, tmp_path: Path) -> None:
    store = Store(data.scenes)
    row = list_training_rows(store)[0]
    related = relate_row(row, store, tmp_path / "a/b")
    assert (tmp_path / "a/b" / related["path"]).resolve() == (store.folder / row["path"]).resolve()
    assert related["origin"] == related["path"]
    assert relate_row({**row, "path": ""}, store, tmp_path)["path"] == ""


def test_tables_have_the_columns_of_all_rows(data: Data, tmp_path: Path) -> None:
    training_rows = list_training_rows(Store(data.scenes))[:1]
    scene = training_rows[0]["scene"]
    write_tables(
        training_rows, [({"scene": "z", "more": 1}, {"scene": "z"})],
        pictures=data.observations.with_name("scenes.csv"),
        save_scenes=tmp_path / "scenes.csv", save_pictures=tmp_path / "pictures.csv",
    )  # fmt: skip
    head, first, last = (tmp_path / "scenes.csv").read_text().splitlines()
    assert head.endswith(",more")
    assert first.startswith(f"{scene},")
    assert first.endswith(",")
    assert last.startswith("z,")
    assert last.endswith(",1")
    pictures = (tmp_path / "pictures.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in pictures] == ["scene", scene, "z"]


@pytest.mark.parametrize("has_links", [True, False])
def test_pictures_are_linked_or_copied(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError("no links")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    rows = list_training_rows(Store(data.scenes))[:1]
    link_pictures(rows, data.observations, tmp_path)
    name = f"{rows[0]['scene']}.npy"
    assert (tmp_path / name).read_bytes() == (data.observations / name).read_bytes()
    assert (tmp_path / name).samefile(data.observations / name) == has_links
