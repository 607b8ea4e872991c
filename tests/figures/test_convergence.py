import numpy as np

from respectra.figures.contents import Contents
from respectra.figures.convergence import draw


def test_a_line_per_seed_relative_to_its_first_loss(contents: Contents) -> None:
    loss, rate = draw(contents).axes
    raw = [line for line in loss.lines if line.get_alpha()]
    assert len(raw) == 4
    for line in raw:
        np.testing.assert_allclose(line.get_ydata(), 1 / np.arange(1, 41))
        assert line.get_xdata()[-1] == 1
    assert len(rate.lines) == 2
    assert [t.get_text() for t in loss.get_legend().get_texts()] == ["linear", "HPRN"]
