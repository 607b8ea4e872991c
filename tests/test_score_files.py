from pathlib import Path

import pytest
import yaml

from respectra.score_files import read_history, read_scores

SCORES = ["a,full,0.5", "a,crop,0.4", "b,full,0.3", "b,crop,0.2"]
HISTORY = ["0,1,0.1,3", "0,2,0.1,2", "1,1,0.1,1", "1,2,0.1,1"]


def write_scores(folder: Path, rows: list[str], name: str = "valid") -> Path:
    """Scores as a run of the workflow has them, with the manifest of their data set."""
    manifest = folder / "results/datasets/set/scenes.csv"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("scene,split\nt,train\na,valid\nb,valid\n")
    path = folder / f"results/score/set/network/full-seed0/{name}.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["scene,region,mrae", *rows, ""]))
    return path


def write_history(folder: Path, rows: list[str]) -> Path:
    plan = {"train": [{"iterations": 2}, {"iterations": 2}]}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    path = folder / "history.csv"
    path.write_text("\n".join(["phase,iteration,learning_rate,loss", *rows, ""]))
    return path


def test_whole_tables_are_read(tmp_path: Path) -> None:
    assert read_scores(write_scores(tmp_path, SCORES))["scene"].tolist() == ["a", "a", "b", "b"]
    assert read_history(write_history(tmp_path, HISTORY))["loss"].tolist() == [3, 2, 1, 1]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "it has scores of 0 scenes, not of 2"),
        (SCORES[:1], "it has scores of 1 scenes, not of 2"),
        (SCORES[:2], "it has scores of 1 scenes, not of 2"),
        (SCORES[:3], "scene b has other regions than the first scene"),
        ([*SCORES, SCORES[-1]], "scene b is listed twice"),
        (SCORES[2:] + SCORES[:2], "its scenes or their order are not those of the split"),
        ([*SCORES, "c,full,1", "c,crop,1"], "it has scores of 3 scenes, not of 2"),
    ],
)
def test_scores_with_missing_or_doubled_rows_are_named(
    tmp_path: Path, rows: list[str], reason: str
) -> None:
    path = write_scores(tmp_path, rows)
    with pytest.raises(ValueError, match=rf"^{path}: .*{reason}.*; remove it and run the same"):
        read_scores(path)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no rows"),
        (HISTORY[:2], "it ends at phase 0, iteration 2; the training ended at phase 1"),
        (
            HISTORY[:3],
            "it ends at phase 1, iteration 1; the training ended at phase 1, iteration 2",
        ),
        ([*HISTORY, HISTORY[-1]], "do not ascend"),
        ([HISTORY[1], HISTORY[0], *HISTORY[2:]], "do not ascend"),
    ],
)
def test_a_history_with_missing_or_doubled_rows_is_named(
    tmp_path: Path, rows: list[str], reason: str
) -> None:
    path = write_history(tmp_path, rows)
    with pytest.raises(ValueError, match=rf"^{path}: .*{reason}.*; remove it and run the same"):
        read_history(path)


def test_scores_of_a_condition_and_of_a_drawn_split_have_no_manifest_here(tmp_path: Path) -> None:
    assert len(read_scores(write_scores(tmp_path / "a", SCORES[:2], "valid.double"))) == 2
    assert len(read_scores(write_scores(tmp_path / "b", SCORES[:2], "held_out"))) == 2


def test_a_classification_has_a_row_for_each_run(tmp_path: Path) -> None:
    path = tmp_path / "valid.classes.csv"
    path.write_text("scene,region,run,oa\na,full,0,0.5\na,full,1,0.6\n")
    assert len(read_scores(path)) == 2


def test_a_classification_without_its_last_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "valid.classes.csv"
    rows = ["scene,region,run,runs,oa", "a,full,0,2,0.5", "a,full,1,2,0.6", ""]
    path.write_text("\n".join(rows))
    assert len(read_scores(path)) == 2
    path.write_text("\n".join([*rows[:2], ""]))
    with pytest.raises(ValueError, match=r"valid.classes.csv: .*it has 1 of 2 runs"):
        read_scores(path)


def test_a_history_of_epochs_ends_with_the_iterations_of_its_training(tmp_path: Path) -> None:
    path = write_history(tmp_path, HISTORY)
    plan = {"train": [{"iterations": 9, "epochs": 1.0}] * 2}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    (tmp_path / "machine.yaml").write_text("device: CPU\niterations: 4\n")
    assert len(read_history(path)) == 4
    write_history(tmp_path, HISTORY[:3])
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    with pytest.raises(ValueError, match=r"history.csv: .*it ends after 3 of 4 iterations"):
        read_history(path)


def test_epochs_may_end_a_training_before_its_iterations(tmp_path: Path) -> None:
    path = write_history(tmp_path, HISTORY[:2])
    plan = {"train": [{"iterations": 9, "epochs": 1.0}]}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    assert len(read_history(path)) == 2
