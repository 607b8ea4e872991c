import numpy as np

from respectra.figures.camera_response import draw
from respectra.figures.material import Material


def test_a_curve_per_channel_at_the_bands(material: Material) -> None:
    axis = draw(material).axes[0]
    curves = [line for line in axis.lines if line.get_marker() == "None"]
    assert len(curves) == 3
    for curve, response in zip(curves, material.response, strict=True):
        np.testing.assert_allclose(curve.get_ydata(), response)
        np.testing.assert_allclose(curve.get_xdata(), material.store.wavelengths_nm)
