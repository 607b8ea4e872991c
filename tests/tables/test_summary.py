import json
from pathlib import Path

from respectra.tables import make_metrics
from tests.tables.builders import make_line, write_table


def test_metrics_are_the_finite_numbers_of_the_tables(tmp_path: Path) -> None:
    tables = {
        "b": [
            make_line(ours="0.102", theirs="0.1", verdict="reproduced"),
            make_line(metric="PSNR", unit="dB", ours="inf"),
            make_line(metric="SAM", unit="deg", ours="2"),
            make_line(row="AWAN", theirs="0.2", verdict="not run"),
        ],
        "a": [make_line(row="Lin/ear", ours="0.3")],
    }
    for name, lines in tables.items():
        write_table(tmp_path / f"study/{name}.demo.csv", lines)
    folder = tmp_path / "study"
    make_metrics(
        tables=[folder / "b.demo.csv", folder / "a.demo.csv"],
        save=tmp_path / "m.json",
        save_leaderboard=tmp_path / "l.csv",
    )
    assert json.loads((tmp_path / "m.json").read_text()) == {
        "study/a.demo": {"Lin/ear": {"MRAE": 0.3}},
        "study/b.demo": {"HPRN": {"MRAE": 0.102, "SAM": 2.0}},
    }
    assert (tmp_path / "l.csv").read_text().splitlines() == [
        "method,MRAE", "study/a: Lin/ear,0.3", "study/b: HPRN,0.102",
    ]  # fmt: skip
