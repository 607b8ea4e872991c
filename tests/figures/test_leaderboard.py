import numpy as np
import pytest

from respectra.figures.contents import Contents
from respectra.figures.leaderboard import draw


def test_the_best_is_on_top_with_a_dot_per_seed(contents: Contents) -> None:
    axis = draw(contents, metric="mrae", region="crop").axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["HPRN", "linear"]
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots[-1].get_xdata(), [0.1, 0.11])
    assert axis.get_xscale() == "log"


@pytest.mark.parametrize(("metric", "top"), [("psnr", "HPRN"), ("ssim", "HPRN"), ("sam", "linear")])
def test_high_is_better_for_some(contents: Contents, metric: str, top: str) -> None:
    axis = draw(contents, metric=metric, region="full").axes[0]
    assert axis.get_yticklabels()[-1].get_text() == top


def test_a_perfect_score_has_no_place_on_a_logarithm(contents: Contents) -> None:
    for path in contents.methods[0].scores:
        path.write_text(path.read_text().replace("0.1,", "0.0,").replace("0.11,", "0.0,"))
    axis = draw(contents, metric="mrae", region="crop").axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["HPRN"]
