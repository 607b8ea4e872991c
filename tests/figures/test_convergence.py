import numpy as np

from respectra.figures.convergence import draw
from respectra.figures.material import Material


def test_a_line_per_seed_relative_to_its_first_loss(material: Material) -> None:
    loss, rate = draw(material).axes
    raw = [line for line in loss.lines if line.get_alpha()]
    assert len(raw) == 4
    for line in raw:
        np.testing.assert_allclose(line.get_ydata(), 1 / np.arange(1, 41))
        assert line.get_xdata()[-1] == 1
    assert len(rate.lines) == 2
    assert [t.get_text() for t in loss.get_legend().get_texts()] == ["linear", "HPRN"]
