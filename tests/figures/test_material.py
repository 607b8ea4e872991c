from pathlib import Path

import pytest
from PIL import Image

from respectra.figures.material import Material, make_figure
from tests.conftest import Data


def plan(data: Data, **changes: object) -> dict[str, object]:
    return {
        "is": "camera_response:draw", "split": "valid", "shown": 1, "methods": [], "settings": {},
        "scenes": data.scenes, "observations": data.observations, "response": data.response,
        "camera": {}, "classes": None,
        **changes,
    }  # fmt: skip


def make(folder: Path, found: dict[str, object]) -> Path:
    make_figure(plan=found, save_png=folder / "f.png", save_pdf=folder / "f.pdf")
    return folder


def test_a_figure_is_a_png_and_a_pdf_and_the_same_twice(data: Data, tmp_path: Path) -> None:
    one, two = make(tmp_path / "1", plan(data)), make(tmp_path / "2", plan(data))
    assert Image.open(one / "f.png").width > 600
    assert (one / "f.pdf").read_bytes()[:5] == b"%PDF-"
    for name in ("f.png", "f.pdf"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_a_scene_that_is_not_there_is_named(data: Data, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scene z is not in split valid: c, d"):
        make(tmp_path, plan(data, shown=["z"]))


def test_pictures_are_brightened_for_the_eye(material: Material) -> None:
    picture = material.picture("c")
    assert picture.shape == (40, 48, 3)
    assert picture.max() == 1
    assert picture.mean() > material.observations.pixels("c").mean() / 255
