from dataclasses import replace

import numpy as np
import pytest

from respectra.figures.contents import Contents
from respectra.figures.setting import draw

SETTINGS = {"metric": "mrae", "region": "crop", "label": "pixels"}


def entitle(contents: Contents, *titles: str) -> Contents:
    pairs = zip(contents.methods, titles, strict=True)
    return replace(contents, methods=tuple(replace(m, title=title) for m, title in pairs))


def test_means_and_spread_stand_over_the_setting(contents: Contents) -> None:
    axis = draw(entitle(contents, "16", "64"), **SETTINGS).axes[0]
    line = axis.lines[0]
    np.testing.assert_allclose(np.asarray(line.get_xdata(), float), [16, 64])
    np.testing.assert_allclose(np.asarray(line.get_ydata(), float), [0.105, 0.205])
    (bars,) = axis.containers[0].lines[2]
    ends = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(np.ptp(ends, axis=1), 2 * 0.01 / np.sqrt(2), rtol=1e-6)


def test_the_chosen_methods_alone_can_be_drawn(contents: Contents) -> None:
    """The values were a second list, which did not fit if `methods` chose fewer."""
    few = replace(entitle(contents, "16", "64"), methods=entitle(contents, "16", "64").methods[1:])
    (line, *_) = draw(few, **SETTINGS).axes[0].lines
    assert list(line.get_xdata()) == [64]


def test_a_label_that_is_no_number_is_refused(contents: Contents) -> None:
    with pytest.raises(ValueError, match="setting: linear: is not a number"):
        draw(contents, **SETTINGS)
