"""A few malformed inputs of each kind, always the same ones; `make fuzz` draws thousands."""

import os
import time
from pathlib import Path

import pytest

from tests.fuzz.__main__ import draw_batch
from tests.fuzz.outcomes import CLASSES, Outcome, WrongError, classify, judge, observe
from tests.fuzz.targets import TARGETS

COUNT = 4  # inputs of each kind


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_malformed_inputs_end_in_one_sentence_or_are_right(name: str) -> None:
    pairs = draw_batch(TARGETS[name], 0, COUNT, timeout=60)
    assert len(pairs) >= COUNT // 2
    assert [(case, outcome) for case, outcome in pairs if outcome.is_bad] == []


def crash(folder: Path) -> None:
    os.abort()


def sleep(folder: Path) -> None:
    time.sleep(60)


def end(folder: Path) -> None:
    os._exit(3)


def refuse(folder: Path) -> None:
    raise ValueError("file.csv: has no rows")


def fail(folder: Path) -> None:
    raise KeyError("scene")


def lie(folder: Path) -> None:
    raise WrongError("other values")


def accept(folder: Path) -> None:
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("run", "kind", "detail"),
    [
        (accept, "accepted", ""),
        (refuse, "told", "file.csv: has no rows"),
        (fail, "traceback", "KeyError: 'scene'"),
        (lie, "silently wrong", "other values"),
        (crash, "crash", "signal 6"),
        (end, "crash", "exit status 3"),
        (sleep, "hang", "no end after 0.3 s"),
    ],
)
def test_each_end_has_its_class(run: object, kind: str, detail: str) -> None:
    """The test of the tests: what goes wrong in the process of an input is counted as such."""
    outcome = observe(run, timeout=0.3 if run is sleep else 20)  # type: ignore[arg-type]
    assert kind in CLASSES
    assert outcome.kind == kind
    assert detail in outcome.detail


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("a\nb", "has several lines"),
        ("<class 'dict'> is no table", "shows an object"),
        ("is cut short", "names no file"),
    ],
)
def test_a_sentence_that_does_not_help_is_unclear(text: str, reason: str) -> None:
    outcome = judge(text, ("scenes.csv",))
    assert outcome.kind == "unclear"
    assert reason in outcome.detail


def test_an_error_in_this_process_is_classified(tmp_path: Path) -> None:
    assert classify(accept, tmp_path) == Outcome("accepted")
