import numpy as np

from respectra.camera.gamma import srgb


def test_the_inverse_of_the_standard_returns_the_signal() -> None:
    signal = np.array([0.0, 0.001, 0.0031308, 0.05, 0.21404, 0.5, 1.0])
    coded = srgb(signal)
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(linear, signal, atol=1e-6)
    assert abs(coded[4] - 0.5) < 1e-4


def test_the_curve_rises_and_ends_at_one() -> None:
    values = srgb(np.linspace(-0.5, 1.5, 401))
    assert (np.diff(values) >= 0).all()
    np.testing.assert_allclose([values.min(), values.max()], [0, 1])
