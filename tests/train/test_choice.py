from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch

from respectra.plan_types import ReconstructPlan
from respectra.reconstruct import reconstruct_split
from respectra.train import checkpoint
from respectra.train.choice import Choice
from respectra.train.loop import train_network
from tests.conftest import Data
from tests.small_plans import MST, WHOLE, make_inputs, make_phase, make_train_plan

HOLD_OUT = {"share": 0.5, "seed": 0}
CHOOSE = {"split": "held_out", "every": 3, "by": "mrae"}


def train(
    data: Data,
    folder: Path,
    *phases: object,
    start: Path | None = None,
    extra: Sequence[Path] = (),
) -> dict[str, object]:
    train_network(
        plan=make_train_plan(*phases), scenes=data.scenes, observations=data.observations, seed=0,
        save_plan=folder / "plan.yaml", save_checkpoint=folder / "checkpoint.pt",
        save_history=folder / "history.csv", device="cpu", save_seconds=0,
        initial_checkpoint=start, extra_manifests=extra,
    )  # fmt: skip
    return checkpoint.load(folder / "checkpoint.pt")


def choosing(**changes: object) -> object:
    return make_phase(iterations=12, hold_out=HOLD_OUT, choose={**CHOOSE, **changes})


def set_scores(monkeypatch: pytest.MonkeyPatch, *scores: float) -> None:
    values = iter(scores)
    monkeypatch.setattr(Choice, "evaluate", lambda self: next(values))


def equal(one: object, two: object) -> bool:
    first, second = one["state_dict"], two["state_dict"]  # type: ignore[index]
    return all(torch.equal(first[key], second[key]) for key in first)


def test_the_weights_with_the_least_score_are_saved(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule is constant, so a training of six iterations ends where the other was then."""
    constant = {"schedule": {"is": "constant"}, "choose": None}
    short = train(data, tmp_path / "short", {**choosing(), **constant, "iterations": 6})
    set_scores(monkeypatch, *[0.9] * 5, 0.1, *[0.5] * 6)
    long = {**choosing(every=1), **constant, "choose": {**CHOOSE, "every": 1}}
    assert equal(train(data, tmp_path / "long", long), short)


def test_the_history_has_every_score_and_the_checkpoint_the_split(
    data: Data, tmp_path: Path
) -> None:
    content = train(data, tmp_path, choosing(every=4))
    history = pd.read_csv(tmp_path / "history.csv")
    assert list(history.columns)[-1] == "score"
    assert history["score"].notna().sum() == 12  # at least ten evaluations, so each iteration
    assert content["chosen"] == {"split": "held_out", "by": "mrae"}


def test_without_a_choice_nothing_is_written_about_it(data: Data, tmp_path: Path) -> None:
    content = train(data, tmp_path, make_phase(hold_out=HOLD_OUT))
    assert "chosen" not in content
    assert list(pd.read_csv(tmp_path / "history.csv").columns)[-1] == "loss"


def test_evaluating_changes_no_step(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the last weights are the best, they are those of a training without a choice."""
    plain = train(data, tmp_path / "plain", {**choosing(), "choose": None})
    evaluate, scores = Choice.evaluate, iter(range(99, 0, -1))
    monkeypatch.setattr(Choice, "evaluate", lambda self: evaluate(self) * 0 + next(scores))
    assert equal(train(data, tmp_path / "best", choosing()), plain)


@pytest.mark.parametrize("saves", [1, 5, 11])
def test_a_stopped_training_chooses_the_same(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    """The best weights precede the stop or follow it; the products have the same bytes."""
    phases = [choosing(), make_phase(iterations=4)]
    train(data, tmp_path / "whole", *phases)
    save, paths = checkpoint.save, []

    def stop(path: Path, content: dict[str, object]) -> None:
        save(path, content)
        paths.append(path)
        if len(paths) == saves:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "stopped", *phases)
    monkeypatch.setattr(checkpoint, "save", save)
    train(data, tmp_path / "stopped", *phases)
    for name in ("checkpoint.pt", "history.csv", "plan.yaml"):
        assert (tmp_path / "stopped" / name).read_bytes() == (
            tmp_path / "whole" / name
        ).read_bytes()


def test_a_score_is_the_mean_over_scenes_that_are_not_trained_on(
    data: Data, tmp_path: Path, cube_reads: list[str]
) -> None:
    train(data, tmp_path, choosing())
    held_out = set(cube_reads)  # training reads patches, evaluation whole cubes
    assert len(held_out) == 1
    assert held_out <= {"a", "b"}
    cube_reads.clear()
    train(data, tmp_path / "valid", choosing(split="valid"))
    assert set(cube_reads) == {"c", "d"}


def test_a_scene_that_is_alone_leaves_the_last_weights(
    data_of_16_bands: Data, tmp_path: Path
) -> None:
    content = train(data_of_16_bands, tmp_path, choosing())
    assert "chosen" not in content
    assert pd.read_csv(tmp_path / "history.csv")["score"].isna().all()


def test_a_split_that_chose_the_weights_is_not_scored(data: Data, tmp_path: Path) -> None:
    train(data, tmp_path, choosing(split="valid"))
    plan: ReconstructPlan = {
        "network": MST, "inputs": make_inputs(), "reconstruct": WHOLE, "code": "",
    }  # fmt: skip
    with pytest.raises(ValueError, match="best on split valid, so this split cannot be scored"):
        reconstruct_split(
            plan=plan, checkpoint_file=tmp_path / "checkpoint.pt", scenes=data.scenes,
            observations=data.observations, split="valid", save=tmp_path / "x.h5", device="cpu",
        )  # fmt: skip


def test_a_split_that_an_earlier_phase_or_training_chose_on_counts_too(
    data: Data, tmp_path: Path
) -> None:
    chosen = {"split": "valid", "by": "mrae"}
    first = train(data, tmp_path / "first", choosing(split="valid"), make_phase(iterations=2))
    assert first["chosen"] == chosen
    later = train(data, tmp_path / "later", choosing(), start=tmp_path / "first/checkpoint.pt")
    assert later["chosen"] == chosen


EVERYTHING = (
    make_phase(
        iterations=None, epochs=1.5, patch=[20, 24], stride=None, batch=1, augment=["flip", "simulate"],
        extra_datasets=True,
    ),
    make_phase(
        iterations=None, epochs=2, patch=[20, 24], resize=True, stride=None, batch=1,
        augment=["flip", "spin"], hold_out=HOLD_OUT, choose={**CHOOSE, "every": 1},
    ),
    make_phase(iterations=4, patch=[32, 24], batch=2, augment=["flip"], hard_scenes={"share": 0.5, "times": 2}),
)  # fmt: skip


@pytest.mark.parametrize("saves", [3, 7, 10])
def test_whatever_a_recipe_can_say_is_resumed_to_the_byte(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    """Epochs, rectangles, whole images that are resized and turned by any angle, cubes of another
    data set, chosen weights and hard scenes; stopped in each phase."""
    extra = [data.scenes]
    train(data, tmp_path / "whole", *EVERYTHING, extra=extra)
    save, paths = checkpoint.save, []

    def stop(path: Path, content: dict[str, object]) -> None:
        save(path, content)
        paths.append(path)
        if len(paths) == saves:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "stopped", *EVERYTHING, extra=extra)
    monkeypatch.setattr(checkpoint, "save", save)
    train(data, tmp_path / "stopped", *EVERYTHING, extra=extra)
    for name in ("checkpoint.pt", "history.csv", "plan.yaml"):
        stopped, whole = (tmp_path / folder / name for folder in ("stopped", "whole"))
        assert stopped.read_bytes() == whole.read_bytes()
    assert pd.read_csv(tmp_path / "whole/history.csv")["phase"].value_counts().to_dict() == {
        0: 6, 1: 2, 2: 4,
    }  # fmt: skip
