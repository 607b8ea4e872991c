import json
from pathlib import Path

from respectra.tables import make_metrics


def test_metrics_are_the_finite_numbers_of_the_tables(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    header = "row,column,metric,unit,ours,spread,theirs,difference,verdict,note"
    (folder / "b.demo.csv").write_text(
        f"{header}\nHPRN,Clean,MRAE,1,0.102,,0.1,,,\nHPRN,Clean,PSNR,dB,inf,,,,,\n"
        "HPRN,Clean,SAM,deg,2,,,,,\nAWAN,Clean,MRAE,1,,,0.2,,not run,\n"
    )
    (folder / "a.demo.csv").write_text(f"{header}\nLin/ear,Clean,MRAE,1,0.3,,,,,\n")
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
