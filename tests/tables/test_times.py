from pathlib import Path

import pytest

from respectra.tables.times import read_times
from tests.tables.builders import make_plan


def test_times_are_those_of_the_tables_size_on_the_last_device(tmp_path: Path) -> None:
    (tmp_path / "timings.csv").write_text(
        "method,rows,columns,device,seconds\nhprn,512,512,one GPU,0.5\nhprn,64,64,CPU,9\n"
        "hprn,512,512,CPU of 2 threads,30\nedsr,512,512,CPU of 2 threads,1\n"
    )
    plan = make_plan(
        tmp_path,
        timings=str(tmp_path / "timings.csv"),
        timed_size=[512, 512],
        passes={
            "HPRN": {"hprn": 1},
            "Ensemble": {"hprn": 8, "edsr": 1},
            "AWAN": {"hprn": 1, "awan": 1},  # awan was not measured
            "linear": {},
        },
    )
    device, seconds = read_times(plan)
    assert device == "CPU of 2 threads"
    assert seconds == {"HPRN": 30, "Ensemble": pytest.approx(241)}


def test_without_measurements_there_are_no_times(tmp_path: Path) -> None:
    assert read_times(make_plan(tmp_path, passes={"HPRN": {"hprn": 1}})) == ("", {})
