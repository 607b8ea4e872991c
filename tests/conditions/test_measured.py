import builtins
from typing import Any

import numpy as np
import pytest

from respectra.conditions.measured import IMAGERS, load_measured
from respectra.config import Config
from tests.config.conftest import ROOT

BANDS = [float(nm) for nm in range(400, 701, 10)]
CONFIG = Config(ROOT)
MEASURED = [
    name
    for name in CONFIG.conditions
    if name.startswith("response") and CONFIG.condition(name).response_measured is not None
]


@pytest.mark.parametrize("name", MEASURED)
def test_every_measured_response_of_the_tree_sees_red_green_and_blue(name: str) -> None:
    measured = CONFIG.condition(name).response_measured
    assert measured is not None
    response = load_measured(measured.package, measured.camera, measured.columns, BANDS)
    assert response.shape == (3, len(BANDS))
    assert np.isfinite(response).all()
    assert (response >= 0).all()
    red, green, blue = response @ BANDS / response.sum(1)
    assert 440 < blue < green < red < 680  # the layers of a Foveon sensor overlap much


def test_two_cameras_and_six_imagers_are_unseen() -> None:
    packages = [CONFIG.condition(name).response_measured for name in MEASURED]
    counts = [p.package for p in packages if p is not None]
    assert (counts.count("colour-science"), counts.count("pyrsr")) == (2, 6)
    responses = [
        load_measured(p.package, p.camera, p.columns, BANDS) for p in packages if p is not None
    ]
    for i, one in enumerate(responses):
        for another in responses[:i]:
            assert not np.allclose(one / one.sum(), another / another.sum(), atol=0.01)


def test_a_response_is_that_of_the_package() -> None:
    response = load_measured(
        "colour-science", "Nikon 5100 (NPL)", ("red", "green", "blue"), [530.0]
    )
    assert response[1] == 1.0  # the table's greatest value
    bands = load_measured("pyrsr", "Landsat-8 OLI_TIRS", ("4", "3", "2"), [482.0, 561.0, 655.0])
    assert (bands > 0).tolist() == [
        [False, False, True],
        [False, True, False],
        [True, False, False],
    ]


def test_a_response_is_zero_where_it_was_not_measured() -> None:
    columns = ("red", "green", "blue")
    sigma = load_measured("colour-science", "Sigma SDMerill (NPL)", columns, [390.0, 400.0, 690.0])
    assert (sigma[:, [0, 2]] == 0).all()
    assert (sigma[:, 1] > 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("colour-science", "Nikon 5100", ("red", "green", "blue")),
            "colour-science: has no camera Nikon 5100; did you mean Nikon 5100 (NPL)?",
        ),
        (
            ("colour-science", "Nikon 5100 (NPL)", ("rot", "green", "blue")),
            "colour-science: Nikon 5100 (NPL) has no rot; known are blue, green, red",
        ),
        (
            ("pyrsr", "Landsat-8 OLI", ("4", "3", "2")),
            "pyrsr: has no camera Landsat-8 OLI; did you mean Landsat-8 OLI_TIRS?",
        ),
        (
            ("pyrsr", "Landsat-8 OLI_TIRS", ("6", "3", "2")),
            "pyrsr: Landsat-8 OLI_TIRS: 6 is zero at all bands, which cover 400 to 700 nm; choose "
            "another channel",
        ),
    ],
)
def test_a_mistake_is_one_sentence(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        load_measured(*arguments, BANDS)
    assert str(error.value) == message


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("pyrsr"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ValueError, match="pyrsr: is not installed, but Terra MODIS .* pip install"):
        load_measured("pyrsr", "Terra MODIS", ("1", "4", "3"), BANDS)


@pytest.mark.parametrize("camera", IMAGERS)
def test_every_imager_is_one_of_the_package(camera: str) -> None:
    narrow = "MODIS" in camera
    numbered_from_coast = "OLI" in camera or "Sentinel" in camera
    columns = (
        ("1", "4", "3") if narrow else ("4", "3", "2") if numbered_from_coast else ("3", "2", "1")
    )
    assert load_measured("pyrsr", camera, columns, BANDS).any(1).all()
