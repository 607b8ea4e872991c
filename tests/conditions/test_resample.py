from pathlib import Path
from typing import Any

import numpy as np
import pytest

from respectra.conditions.resample import apply_method, interpolate_bands
from tests.conftest import WAVELENGTHS


def test_linear_spectra_stay_exact() -> None:
    spectra = np.stack([0.5 + 0.001 * np.asarray(WAVELENGTHS), 2 - 0.002 * np.asarray(WAVELENGTHS)])
    bands = [403.0, 410.0, 517.25, 700.0]
    expected = np.stack([0.5 + 0.001 * np.asarray(bands), 2 - 0.002 * np.asarray(bands)])
    np.testing.assert_allclose(interpolate_bands(spectra, WAVELENGTHS, bands, axis=1), expected)
    np.testing.assert_allclose(interpolate_bands(spectra.T, WAVELENGTHS, bands), expected.T)


@pytest.mark.parametrize("band", [399.9, 700.1])
def test_nothing_is_extrapolated(band: float) -> None:
    with pytest.raises(ValueError, match="nothing is extrapolated"):
        interpolate_bands(np.ones(31), WAVELENGTHS, [band])


def test_a_method_on_its_own_scenes_is_applied_as_it_is(tmp_path: Path) -> None:
    calls: list[dict[str, Any]] = []
    apply_method(
        lambda **arguments: calls.append(arguments), plan={"code": ""},
        scenes=tmp_path / "scenes.csv", save=tmp_path / "file.h5", split="valid",
    )  # fmt: skip
    assert calls[0]["scenes"] == tmp_path / "scenes.csv"
    assert calls[0]["save"] == tmp_path / "file.h5"
