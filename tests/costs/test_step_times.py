from pathlib import Path

from respectra.costs.step_times import StepTime, read_step_times


def test_steps_of_the_public_code_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text("method,batch,patch,seconds,public_seconds\na,2,8,0.5,0.75\nb,1,4,0.25,\n")
    assert read_step_times(path) == {"a": StepTime(0.5, 128, 0.75), "b": StepTime(0.25, 16, None)}
    path.write_text("method,batch,patch,seconds\na,2,8,0.5\n")
    assert read_step_times(path) == {"a": StepTime(0.5, 128, None)}
