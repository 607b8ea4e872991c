import numpy as np
import pytest

from respectra.figures.contents import Contents
from respectra.figures.setting import draw

SETTINGS = {"metric": "mrae", "region": "crop", "label": "pixels"}


def test_means_and_spread_stand_over_the_setting(contents: Contents) -> None:
    axis = draw(contents, values=[16, 64], **SETTINGS).axes[0]
    line = axis.lines[0]
    np.testing.assert_allclose(np.asarray(line.get_xdata(), float), [16, 64])
    np.testing.assert_allclose(np.asarray(line.get_ydata(), float), [0.105, 0.205])
    (bars,) = axis.containers[0].lines[2]
    ends = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(np.ptp(ends, axis=1), 2 * 0.01 / np.sqrt(2), rtol=1e-6)


def test_a_missing_value_is_refused(contents: Contents) -> None:
    with pytest.raises(ValueError, match="1 values for 2 methods"):
        draw(contents, values=[16], **SETTINGS)
