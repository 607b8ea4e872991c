from dataclasses import replace

import numpy as np

from respectra.figures.contents import Contents
from respectra.figures.observations import draw, measure_noise

CHAIN = [
    {"is": "exposure:to_mean", "mean": 0.4},
    {"is": "bits:nearest", "bits": 8},
    {"is": "jpeg:lossless"},
]


def test_three_pictures_a_scene_and_the_noise_of_both(contents: Contents) -> None:
    figure = draw(replace(contents, camera={"chain": CHAIN, "seed": 0}))
    pictures = [axis for axis in figure.axes if axis.images]
    assert len(pictures) == 3 * len(contents.scenes)
    lines = [line.get_label() for axis in figure.axes for line in axis.lines]
    assert "G, observed" in lines
    assert "G, our camera" in lines


def test_noise_is_what_was_added_at_every_level() -> None:
    rng = np.random.default_rng(0)
    clean = rng.integers(20, 200, (200, 300)).astype(np.uint8)
    added = np.where(clean > 100, 6.0, 2.0) * rng.standard_normal(clean.shape)
    levels, deviations = measure_noise([np.rint(clean + added).astype(np.uint8)], [clean])
    np.testing.assert_allclose(deviations[levels < 90], 2.0, rtol=0.15)
    np.testing.assert_allclose(deviations[levels > 110], 6.0, rtol=0.15)


def test_levels_with_few_pixels_have_no_noise() -> None:
    clean = np.full((20, 20), 100, np.uint8)
    clean[0, :5] = 200
    levels, deviations = measure_noise([clean], [clean])
    assert (levels.tolist(), deviations.tolist()) == ([100.0], [0.0])
