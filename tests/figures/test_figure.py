from pathlib import Path

import pytest
from PIL import Image

from respectra.figures.figure import make_figure
from respectra.plan_types import FigurePlan


def make(folder: Path, plan: FigurePlan) -> Path:
    make_figure(plan=plan, save_png=folder / "f.png", save_pdf=folder / "f.pdf")
    return folder


def test_the_same_plan_gives_the_same_png_and_pdf(figure_plan: FigurePlan, tmp_path: Path) -> None:
    first, second = make(tmp_path / "1", figure_plan), make(tmp_path / "2", figure_plan)
    assert Image.open(first / "f.png").width > 600
    assert (first / "f.pdf").read_bytes()[:5] == b"%PDF-"
    for name in ("f.png", "f.pdf"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_settings_reach_the_function_that_draws(figure_plan: FigurePlan, tmp_path: Path) -> None:
    widths = []
    for bands in (4, 8):
        plan: FigurePlan = {**figure_plan, "is": "bands:draw", "settings": {"bands": bands}}
        folder = make(tmp_path / str(bands), plan)
        with Image.open(folder / "f.png") as image:
            widths.append(image.width / image.height)
    assert widths[1] > 1.5 * widths[0]


def test_an_unknown_scene_is_named_and_nothing_is_written(
    figure_plan: FigurePlan, tmp_path: Path
) -> None:
    figure_plan["shown"] = ["z"]
    with pytest.raises(ValueError, match="scene z is not in split valid; it has c, d"):
        make(tmp_path, figure_plan)
    assert not (tmp_path / "f.png").exists()
