from pathlib import Path

import pytest

from respectra.tables.join import join_published
from respectra.tables.kinds import cost
from respectra.tables.published import read_published
from respectra.tables.text import spread_lines, write_caption
from respectra.tables.times import read_times, read_training_times
from tests.tables.builders import make_plan, write_published


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


def write_machine(path: Path, device: str, **entries: float) -> str:
    lines = [f"device: {device}", *(f"{key}: {value}" for key, value in entries.items())]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_row_takes_as_long_as_all_its_trainings(tmp_path: Path) -> None:
    first = write_machine(tmp_path / "first.yaml", "GPU A", hours=2.0)
    second = write_machine(tmp_path / "second.yaml", "GPU B", hours=4.0)
    old = write_machine(tmp_path / "old.yaml", "GPU C")  # of a version that counted no hours
    machines = {
        "Pair": {"files": [first, second], "repeats": 1},
        "Net": {"files": [first, second], "repeats": 2},
        "Part": {"files": [first, str(tmp_path / "none.yaml")], "repeats": 1},
        "Old": {"files": [old], "repeats": 1},
    }
    devices, seconds = read_training_times(make_plan(tmp_path, machines=machines))
    assert devices == ["GPU A", "GPU B"]
    assert seconds == {"Pair": 6 * 3600, "Net": 3 * 3600}
    assert read_training_times(make_plan(tmp_path)) == ([], {})


def test_our_hours_stand_next_to_the_published_time(tmp_path: Path) -> None:
    """A row that was not trained is empty, and its cell says so."""
    published = [
        ("HPRN", "X", "TrainTime", "5 days", "", ""),
        ("AWAN", "X", "TrainTime", "1 hour", "", ""),
    ]
    machine = write_machine(tmp_path / "machine.yaml", "GPU A", hours=0.25)
    plan = make_plan(
        tmp_path, cells=[], published=write_published(tmp_path / "p.csv", *published),
        machines={"HPRN": {"files": [machine], "repeats": 1}},
    )  # fmt: skip
    lines = list(join_published(plan, cost(plan), read_published(plan["published"])))
    assert [(line["ours"], line["unit"], line["verdict"]) for line in lines] == [
        ("0.25", "h", ""), ("", "h", "not run"),
    ]  # fmt: skip
    assert spread_lines(lines)["TrainTime (h)"].tolist() == ["0.25 / 5 days", "— / 1 hour"]
    assert "Our training times: all trainings of a row on GPU A." in write_caption(plan)
