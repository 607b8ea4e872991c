"""Rows of the manifest and of the table of pictures that a condition writes."""

import csv
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from respectra.camera.observations import read_pictures
from respectra.datasets.store import ORIGIN, Store
from respectra.files import replace_atomically

Row = dict[str, Any]  # by column
TRAIN = "train"


def list_training_rows(store: Store) -> list[Row]:
    """Return the rows of the training scenes; a data set may have none."""
    return [dict(row) for row in store.rows if row["split"] == TRAIN]


def relate_row(row: Row, store: Store, place: Path) -> Row:
    """Return a row of a manifest with the path of its cube from another folder.

    Args:
        row: of the manifest of `store`.
        store: the data set, whose cube is not changed.
        place: the folder of the new manifest.
    """
    path = os.path.relpath(store.folder / row["path"], place) if row["path"] else ""
    return {**row, "path": path, ORIGIN: path}


def write_rows(path: str | Path, rows: Sequence[Row]) -> None:
    """Write a table with the columns of all rows, in their order; a missing value is empty."""
    columns = list({column: None for row in rows for column in row})
    with (
        replace_atomically(path) as part,
        open(part, "w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def write_tables(
    training_rows: Sequence[Row],
    rows: Sequence[tuple[Row, Row]],
    *,
    pictures: str | Path,
    save_scenes: str | Path,
    save_pictures: str | Path,
) -> None:
    """Write the manifest and the table of pictures of the training scenes and of a split.

    Args:
        training_rows: of the new manifest.
        rows: of each scene of the split, in the manifest and in the table of pictures.
        pictures: the camera's table, whose rows of the training scenes are taken over.
        save_scenes: the manifest.
        save_pictures: the table of pictures.
    """
    write_rows(save_scenes, [*training_rows, *(manifest for manifest, _ in rows)])
    by_scene = {row["scene"]: row for row in read_pictures(pictures)}
    training_pictures = [by_scene[row["scene"]] for row in training_rows]
    write_rows(save_pictures, [*training_pictures, *(picture for _, picture in rows)])


def link_pictures(rows: Sequence[Row], observations: str | Path, folder: Path) -> None:
    """Give the camera's pictures of some scenes a second name in another folder.

    They are copied where the disk has no such links.

    Args:
        rows: of the scenes.
        observations: the camera's folder.
        folder: the other one.
    """
    for row in rows:
        name = f"{row['scene']}.npy"
        try:
            os.link(Path(observations) / name, folder / name)
        except OSError:
            shutil.copyfile(Path(observations) / name, folder / name)
