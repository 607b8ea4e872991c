from dataclasses import replace

import numpy as np
import pytest

from respectra.figures.contents import Contents
from respectra.figures.metamers import choose_places, draw


def test_spectra_at_points_stand_above_the_angles(contents: Contents) -> None:
    figure = draw(contents, points=3)
    *panels, angles = figure.axes
    assert len(panels) == 3
    for panel in panels:
        assert [line.get_label() for line in panel.lines] == ["truth", "metamer", "linear", "HPRN"]
    assert [tick.get_text() for tick in angles.get_yticklabels()] == ["linear", "HPRN"]


def test_places_reach_from_the_median_to_the_greatest_angle() -> None:
    truth = np.ones((2, 1, 101))
    angles = np.linspace(0, 1, 101)
    metamer = (
        np.sqrt(2) * np.stack([np.cos(np.pi / 4 + angles), np.sin(np.pi / 4 + angles)])[:, None]
    )
    assert choose_places(truth, metamer, 2) == [(0, 50), (0, 99)]


def test_a_pair_of_conditions_is_shown(contents: Contents) -> None:
    with pytest.raises(ValueError, match="the figure has 1 conditions; state null and"):
        draw(replace(contents, conditions=contents.conditions[:1]), points=2)
