"""The numbers of all tables in the two files that DVC compares between commits."""

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path

from respectra.files import replace_atomically
from respectra.tables.finished import read_lines
from respectra.tables.join import parse_number


def make_metrics(
    *, tables: Sequence[str | Path], save: str | Path, save_leaderboard: str | Path
) -> None:
    """Collect our numbers from finished tables.

    Args:
        tables: CSV files of tables, `{paper}/{table}.{edition}.csv`, each with its Markdown.
        save: a JSON file, `{paper}/{table}.{edition}` → row → metric, for `dvc metrics show`.
        save_leaderboard: a CSV of every MRAE, for `dvc plots show`.

    Raises:
        ValueError: a table is damaged.
    """
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    for path in map(Path, sorted(tables, key=str)):
        name = f"{path.parent.name}/{path.stem}"
        for line in read_lines(path):
            value = parse_number(line["ours"])
            if value is not None and math.isfinite(value):
                rows = metrics.setdefault(name, {})
                rows.setdefault(line["row"], {})[line["metric"]] = value
    with replace_atomically(save) as part:
        part.write_text(json.dumps(metrics, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    with (
        replace_atomically(save_leaderboard) as part,
        open(part, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", "MRAE"])
        for name, rows in metrics.items():
            table = name.partition(".")[0]
            for row, values in rows.items():
                if "MRAE" in values:
                    writer.writerow([f"{table}: {row}", values["MRAE"]])
