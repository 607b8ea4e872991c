import numpy as np

from respectra.figures.camera_response import draw
from respectra.figures.contents import Contents


def test_a_curve_per_channel_at_the_bands(contents: Contents) -> None:
    axis = draw(contents).axes[0]
    curves = [line for line in axis.lines if line.get_marker() == "None"]
    assert len(curves) == 3
    for curve, response in zip(curves, contents.response, strict=True):
        np.testing.assert_allclose(curve.get_ydata(), response)
        np.testing.assert_allclose(curve.get_xdata(), contents.store.wavelengths_nm)
