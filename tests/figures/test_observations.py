from dataclasses import replace

import numpy as np

from respectra.figures.material import Material
from respectra.figures.observations import draw, noise

CHAIN = [
    {"is": "exposure:to_mean", "mean": 0.4},
    {"is": "bits:nearest", "bits": 8},
    {"is": "jpeg:lossless"},
]


def test_three_pictures_a_scene_and_the_noise_of_both(material: Material) -> None:
    figure = draw(replace(material, camera={"chain": CHAIN, "seed": 0}))
    pictures = [axis for axis in figure.axes if axis.images]
    assert len(pictures) == 3 * len(material.scenes)
    lines = [line.get_label() for axis in figure.axes for line in axis.lines]
    assert "G, observed" in lines
    assert "G, our camera" in lines


def test_noise_is_what_was_added_at_every_level() -> None:
    rng = np.random.default_rng(0)
    clean = rng.integers(20, 200, (200, 300)).astype(np.uint8)
    added = np.where(clean > 100, 6.0, 2.0) * rng.standard_normal(clean.shape)
    level, found = noise([np.rint(clean + added).astype(np.uint8)], [clean])
    np.testing.assert_allclose(found[level < 90], 2.0, rtol=0.15)
    np.testing.assert_allclose(found[level > 110], 6.0, rtol=0.15)
