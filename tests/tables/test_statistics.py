from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from respectra.tables.kinds import statistics
from respectra.tables.statistics import (
    SCENE_COUNTS,
    assign_letters,
    compare_methods,
    correct_holm,
    count_for_stable_ranks,
    find_interval,
    rank_methods,
    read_scene_scores,
)
from tests.tables.builders import make_cell, make_plan

SETTINGS = {"level": 0.95, "share": 0.95, "resamples": 2000, "seed": 0}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def write(path: Path, scores: dict[str, float], name: str = "mrae") -> str:
    frame = pd.DataFrame({"scene": list(scores), "region": "full", name: list(scores.values())})
    frame.to_csv(path, index=False)
    return str(path)


def test_scores_of_seeds_are_averaged_scene_by_scene(tmp_path: Path) -> None:
    cells = [
        make_cell(write(tmp_path / "0.csv", {"x": 0.1, "y": 0.3, "z": 9})),
        make_cell(write(tmp_path / "1.csv", {"y": 0.5, "x": 0.3, "z": 9}), left_out=[]),
        make_cell(write(tmp_path / "2.csv", {"x": 1.0, "y": 2.0, "w": 9}), row="AWAN"),
        make_cell(str(tmp_path / "missing.csv"), row="EDSR"),
    ]
    frame = read_scene_scores(cells)["Clean", "MRAE"]
    assert frame.to_dict("index") == {
        "x": {"HPRN": pytest.approx(0.2), "AWAN": 1.0},
        "y": {"HPRN": pytest.approx(0.4), "AWAN": 2.0},
    }


def test_scenes_that_are_left_out_do_not_count(tmp_path: Path) -> None:
    cell = make_cell(write(tmp_path / "0.csv", {"x": 0.1, "y": 0.3}), left_out=["y"])
    assert list(read_scene_scores([cell])["Clean", "MRAE"].index) == ["x"]


def test_an_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    draw = rng()
    intervals = [
        find_interval(draw.normal(1.0, 0.3, 30), level=0.9, resamples=500, rng=draw)
        for _ in range(200)
    ]
    covered = np.mean([low <= 1.0 <= high for low, high in intervals])  # type: ignore[misc]
    assert 0.82 <= covered <= 0.96


def test_equal_scenes_have_an_interval_of_no_width_and_one_scene_has_none() -> None:
    assert find_interval(np.full(4, 0.5), level=0.95, resamples=99, rng=rng()) == (0.5, 0.5)
    assert find_interval(np.array([0.5]), level=0.95, resamples=99, rng=rng()) is None


def test_the_exact_test_has_the_smallest_value_that_so_many_scenes_allow() -> None:
    better = np.linspace(0.1, 0.2, 5)
    p = compare_methods(pd.DataFrame({"a": better, "b": better + 0.1}), resamples=9999, rng=rng())
    assert p == {("a", "b"): pytest.approx(2 / 2**5)}


def test_equal_methods_differ_in_no_test() -> None:
    scores = np.linspace(0.1, 0.2, 8)
    p = compare_methods(pd.DataFrame({"a": scores, "b": scores}), resamples=9999, rng=rng())
    assert p["a", "b"] == 1


def test_random_differences_are_significant_as_rarely_as_the_level_says() -> None:
    draw = rng()
    values = [
        compare_methods(pd.DataFrame(draw.normal(size=(9, 2))), resamples=600, rng=draw)[0, 1]  # type: ignore[index]
        for _ in range(300)
    ]
    assert np.mean(np.array(values) <= 0.1) == pytest.approx(0.1, abs=0.05)


def test_holm_multiplies_by_the_hypotheses_that_remain() -> None:
    corrected = correct_holm([0.01, 0.04, 0.03, 0.005])
    assert corrected == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_holm([0.6, 0.9]) == [1.0, 1.0]
    assert correct_holm([]) == []


@pytest.mark.parametrize(
    ("different", "letters"),
    [
        ([], ["a", "a", "a", "a", "a"]),
        # neighbours alone are alike
        (["13", "14", "15", "24", "25", "35"], ["a", "ab", "bc", "cd", "d"]),
        # the first differs from all, the others are alike
        (["12", "13", "14", "15"], ["a", "b", "b", "b", "b"]),
        # an order without transitivity: 1 = 4, although 2 and 3 lie between them
        (["12", "13", "24", "34"], ["ac", "bc", "bc", "ac", "abc"]),
        (["12", "13", "14", "15", "23", "24", "25", "34", "35", "45"], list("abcde")),
    ],
)
def test_methods_share_a_letter_if_and_only_if_they_do_not_differ(different, letters) -> None:
    pairs = [(pair[0], pair[1]) for pair in different]
    assigned = assign_letters(list("12345"), pairs)
    for one in "12345":
        for two in "12345":
            if one < two:
                shares = bool(set(assigned[one]) & set(assigned[two]))
                assert shares is ((one, two) not in pairs), (one, two, assigned)
    if letters[0] != "ac":
        assert list(assigned.values()) == letters


def test_the_order_of_the_pairs_does_not_change_the_letters() -> None:
    pairs = [("1", "3"), ("1", "4"), ("2", "4"), ("3", "4")]
    assert assign_letters(list("1234"), pairs) == assign_letters(list("1234"), pairs[::-1])


def test_methods_are_ranked_in_the_direction_of_the_metric() -> None:
    means = {"x": 2.0, "y": 1.0, "z": 3.0}
    assert rank_methods(means, higher_is_better=False) == ["y", "x", "z"]
    assert rank_methods(means, higher_is_better=True) == ["z", "x", "y"]


def test_a_rank_that_every_scene_agrees_on_is_stable_with_the_fewest_scenes() -> None:
    scores = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.1, 2.1, 3.1], "c": [4.0, 4, 4]})
    counts = count_for_stable_ranks(scores, share=0.95, resamples=500, higher_is_better=False, rng=rng())  # fmt: skip
    assert counts == dict.fromkeys("abc", SCENE_COUNTS[0])


def test_a_rank_by_chance_needs_as_many_scenes_as_theory_says() -> None:
    """A difference with mean 0.1 and deviation 0.5 is positive in 95 % of draws from 68 scenes on:
    (1.645 · 0.5 / 0.1)²."""
    difference = rng().normal(size=100)
    difference = 0.1 + 0.5 * (difference - difference.mean()) / difference.std()
    scores = pd.DataFrame({"a": np.zeros(100), "b": difference})
    counts = count_for_stable_ranks(scores, share=0.95, resamples=4000, higher_is_better=False, rng=rng())  # fmt: skip
    assert counts["a"] == counts["b"] == 70


def test_equal_methods_share_the_better_rank() -> None:
    scores = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    counts = count_for_stable_ranks(scores, share=0.95, resamples=500, higher_is_better=False, rng=rng())  # fmt: skip
    assert counts == {}


def test_a_table_has_intervals_letters_and_ranks(tmp_path: Path) -> None:
    scenes = {str(i): 0.1 + 0.01 * i for i in range(12)}
    worse = {scene: value + 0.2 for scene, value in scenes.items()}
    cells = [
        make_cell(write(tmp_path / "worse.csv", worse), row="AWAN"),
        make_cell(write(tmp_path / "best.csv", scenes)),
    ]
    numbers = statistics(make_plan(tmp_path, cells=cells), **SETTINGS)  # type: ignore[arg-type]
    best, worst = numbers["HPRN", "Clean", "MRAE"], numbers["AWAN", "Clean", "MRAE"]
    assert best.value == pytest.approx(0.155)
    assert best.interval is not None
    assert best.interval[0] < best.value < best.interval[1] < worst.interval[0]  # type: ignore[index]
    assert (best.group, worst.group) == ("a", "b")
    assert numbers["HPRN", "Clean", "MRAE: rank"].value == 1
    assert numbers["AWAN", "Clean", "MRAE: rank"].value == 2
    assert numbers["AWAN", "Clean", "MRAE: scenes for this rank"].value == 2


def test_the_best_psnr_is_the_highest(tmp_path: Path) -> None:
    cells = [
        make_cell(write(tmp_path / f"{row}.csv", {"x": v, "y": v + 1}, "psnr"), row=row, metrics={"PSNR": "psnr"})
        for row, v in (("AWAN", 30.0), ("HPRN", 40.0))
    ]  # fmt: skip
    numbers = statistics(make_plan(tmp_path, cells=cells), **SETTINGS)  # type: ignore[arg-type]
    assert numbers["HPRN", "Clean", "PSNR: rank"].value == 1
    assert numbers["HPRN", "Clean", "PSNR"].group == "a"
