import numpy as np
import pytest

from respectra.datasets import spectra
from tests.conftest import WAVELENGTHS

BANDS = tuple(WAVELENGTHS)


def test_surfaces_are_measured_reflectances() -> None:
    surfaces, colours = spectra.reflectances(BANDS)
    assert len(surfaces) == 99 + 14 + 15
    assert surfaces.min() >= 0
    assert surfaces.max() <= 1
    assert colours.shape == (128, 2)


def test_groups_of_surfaces_are_joined_in_order() -> None:
    one, two = (spectra.reflectances(BANDS, (group,))[0] for group in ("rawtoaces", "memory"))
    both, colours = spectra.reflectances(BANDS, ("rawtoaces", "memory"))
    assert [len(one), len(two)] == [190, 30]
    assert (both == np.concatenate([one, two])).all()
    assert colours.shape == (220, 2)


def test_an_unknown_group_or_light_is_named() -> None:
    with pytest.raises(ValueError, match=r"no group rocks; choose some of cie2017, rawtoaces"):
        spectra.reflectances(BANDS, ("rocks",))
    with pytest.raises(ValueError, match="no light source Moonlight"):
        spectra.illuminant("Moonlight", BANDS)


def test_a_grey_surface_has_no_colour_and_a_red_one_has() -> None:
    red = np.where(np.array(BANDS) > 600, 0.8, 0.1)
    grey_colour, red_colour = spectra.find_colours(np.stack([np.full(31, 0.5), red]), BANDS)
    assert np.abs(grey_colour).max() < 2
    assert red_colour[0] > 20


def test_varied_surfaces_differ_smoothly_and_repeatably() -> None:
    surfaces = np.full((500, 31), 0.5)
    varied = spectra.vary_surfaces(surfaces, np.random.default_rng(0), mixing=0.5, waves=0.2)
    again = spectra.vary_surfaces(surfaces, np.random.default_rng(0), mixing=0.5, waves=0.2)
    assert (varied == again).all()
    assert varied.max() <= 1
    assert np.abs(np.diff(varied, 2)).max() < 0.1 * np.abs(varied - 0.5).max()


def test_waves_have_the_stated_strength() -> None:
    logarithms = np.log(spectra.draw_waves(2000, 31, 0.2, np.random.default_rng(0)))
    # Cosine k has the amplitude 0.2/k, and all cosines are 1 at the first band.
    expected = 0.2 * np.sqrt(sum(1 / k**2 for k in (1, 2, 3, 4)))
    assert logarithms[:, 0].std() == pytest.approx(expected, rel=0.05)
    assert abs(logarithms.mean()) < 0.01


def test_mixing_moves_surfaces_towards_others_by_its_share() -> None:
    surfaces = np.repeat([[0.2], [0.8]], 31, axis=1)
    rng = np.random.default_rng(0)
    varied = np.stack(
        [spectra.vary_surfaces(surfaces, rng, mixing=0.5, waves=0.0) for _ in range(200)]
    )
    assert varied[:, 0].min() == pytest.approx(0.2)
    assert 0.45 < varied[:, 0].max() <= 0.5
    assert (varied[:, 1] >= 0.5).all()


def test_families_of_lights_are_equally_likely() -> None:
    rng = np.random.default_rng(0)
    families = (("A",), ("D50", "D55", "D65"))
    names = ("A", "D50", "D55", "D65")
    powers = np.stack([spectra.illuminant(name, BANDS) for name in names])
    drawn = [spectra.draw_lights(families, BANDS, rng, waves=0) for _ in range(500)]
    flat = [light for pair in drawn for light in pair]
    counts = np.bincount([np.abs(powers - light).sum(1).argmin() for light in flat])
    assert counts[0] == pytest.approx(500, abs=60)
    assert counts[1] == pytest.approx(167, abs=40)


def test_lights_of_one_scene_differ_and_keep_their_mean_when_they_vary() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        key, fill = spectra.draw_lights(("A", "D65"), BANDS, rng, waves=0.3)
        assert np.allclose([key.mean(), fill.mean()], 1)
        assert np.abs(key - fill).max() > 0.1
