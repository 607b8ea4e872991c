"""A page in a real browser: Chromium without a window, driven by Playwright."""

import csv
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from respectra.page.document import write_page
from tests.page.builders import (
    HOSTILE,
    TITLES,
    make_contents,
    make_contents_with_metamers,
    make_scene,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)}")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *as_root])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages: with truth in both codings, and without truth."""
    folder = tmp_path_factory.mktemp("pages")
    write_page(make_contents(), folder / "8bit.html")
    write_page(make_contents(["one"]), folder / "half.html", "half")
    bare = replace(make_scene("bare"), truth=None, picture=None, scores=[])
    write_page(replace(make_contents(), scenes=[bare]), folder / "bare.html")
    write_page(make_contents_with_metamers(), folder / "metamers.html")
    return folder


class Opened:
    """An opened page and what went wrong in it."""

    def __init__(self, page: "Page", path: Path) -> None:
        self.page, self.faults = page, []  # type: tuple[Page, list[str]]
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        page.on("console", self.record_message)
        page.on(
            "request",
            lambda r: self.faults.append(r.url) if r.url.startswith(("http", "ws")) else 0,
        )
        page.goto(path.as_uri())
        page.wait_for_function("document.documentElement.dataset.opened")

    def record_message(self, message: Any) -> None:
        # The tests read the canvas back, the page does not.
        if message.type in ("error", "warning") and "willReadFrequently" not in message.text:
            self.faults.append(message.text)

    def click(self, row: int, column: int, size: tuple[int, int] = (40, 48)) -> None:
        """Click the middle of a pixel."""
        x, y = self.locate(row, column, size)
        self.page.mouse.click(x, y)

    def locate(
        self, row: int, column: int, size: tuple[int, int] = (40, 48)
    ) -> tuple[float, float]:
        box = self.page.locator("#canvas").bounding_box()
        assert box is not None
        return (
            box["x"] + (column + 0.5) / size[1] * box["width"],
            box["y"] + (row + 0.5) / size[0] * box["height"],
        )

    def read_chart(self) -> list[dict[str, list[float]]]:
        """The data of each curve of the chart."""
        return self.page.evaluate(
            """() => [0, 1, 2, 3].map((k) => {
              const model = Bokeh.documents[0].get_model_by_name(`source-${k}`);
              return model && Object.fromEntries(
                Object.entries(model.data).map(([name, values]) => [name, Array.from(values)]));
            }).filter((data) => data)"""
        )

    def read_pixel(self, row: int, column: int) -> list[int]:
        """The red, green and blue of a painted pixel."""
        return self.page.evaluate(
            """([row, column]) => Array.from(document.getElementById("canvas").getContext("2d")
                 .getImageData(column, row, 1, 1).data).slice(0, 3)""",
            [row, column],
        )

    def choose(self, view: str) -> None:
        self.page.check(f"[name=show][value={view}]", force=True)

    def cells(self, selector: str) -> list[list[str]]:
        rows = self.page.locator(f"{selector} tr").all()
        return [[text.strip() for text in row.locator("th, td").all_inner_texts()] for row in rows]


@pytest.fixture(scope="module")
def first_page(browser: "Browser", files: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield Opened(context.new_page(), files / "8bit.html")
    context.close()


@pytest.fixture
def opened(first_page: Opened) -> Iterator[Opened]:
    """The page, opened once for all tests, as it is after opening."""
    page = first_page.page
    first_page.choose("camera")
    if page.input_value("#scene") != "0":
        page.select_option("#scene", "0")
        page.wait_for_function(
            "document.getElementById('picture-name').textContent.startsWith('Scene one')"
        )
    page.fill("#side", "1")
    for box in page.locator("#curves input").all():
        box.check()
    page.fill("#row", "20")
    page.fill("#column", "24")
    page.press("#column", "Enter")
    assert page.inner_text("#place") == "Row 20, column 24"
    page.evaluate(
        "() => { const b = document.getElementById('band'); b.value = 15; b.dispatchEvent(new Event('input')); }"
    )
    yield first_page
    assert first_page.faults == []


def values_of(scene: Any, row: int, column: int) -> list[Any]:
    """The spectra of a pixel: truth, then methods."""
    return [cube[:, row, column] for cube in (scene.truth, *scene.estimates)]


@pytest.mark.parametrize("precision", ["8bit", "half"])
def test_a_click_shows_the_spectra_of_the_pixel(
    browser: "Browser", files: Path, precision: str
) -> None:
    page = Opened(browser.new_page(), files / f"{precision}.html")
    page.click(7, 30)
    assert page.page.inner_text("#place") == "Row 7, column 30"
    data, scene = page.read_chart(), make_scene("one")
    for curve, expected in zip(data, values_of(scene, 7, 30), strict=True):
        np.testing.assert_allclose(curve["y"], expected, atol=0.003)
    assert scene.spreads[2] is not None
    half = np.subtract(data[3]["high"], data[3]["low"]) / 2
    np.testing.assert_allclose(half, scene.spreads[2][:, 7, 30], atol=0.001)
    assert page.faults == []
    page.page.close()


def test_a_dragged_box_shows_mean_spectra(opened: Opened) -> None:
    mouse = opened.page.mouse
    mouse.move(*opened.locate(10, 12))
    mouse.down()
    mouse.move(*opened.locate(15, 20), steps=3)
    mouse.up()
    assert opened.page.inner_text("#place") == (
        "Mean of 6 × 9 pixels, rows 10 to 15, columns 12 to 20"
    )
    truth = make_scene("one").truth
    assert truth is not None
    expected = truth[:, 10:16, 12:21].mean((1, 2))
    np.testing.assert_allclose(opened.read_chart()[0]["y"], expected, atol=0.002)


def test_keys_move_the_point_the_square_and_the_band(opened: Opened) -> None:
    opened.page.focus("#picture")
    for key in ("ArrowDown", "Shift+ArrowRight", "ArrowLeft", "PageUp"):
        opened.page.keyboard.press(key)
    assert opened.page.inner_text("#place") == "Row 21, column 33"
    assert opened.page.inner_text("#band-name") == "560 nm"
    opened.page.keyboard.press("+")
    assert opened.page.inner_text("#place").startswith("Mean of 3 × 3 pixels, rows 20 to 22")
    opened.page.keyboard.press("-")
    for _ in range(9):
        opened.page.keyboard.press("Shift+ArrowUp")
    assert opened.page.inner_text("#place") == "Row 0, column 33"


def test_a_screen_reader_is_told_once_the_point_rests(opened: Opened) -> None:
    opened.click(3, 4)
    opened.page.wait_for_function(
        "document.getElementById('readout').textContent.startsWith('Row 3, column 4, 550 nm: truth')"
    )
    assert opened.page.get_attribute("#readout", "aria-live") == "polite"
    assert "as the camera saw it" in str(opened.page.get_attribute("#canvas", "aria-label"))


def test_every_control_is_reached_by_tab(opened: Opened) -> None:
    reached = set()
    opened.page.click("h1")
    for _ in range(30):
        opened.page.keyboard.press("Tab")
        reached.add(
            opened.page.evaluate("document.activeElement.id || document.activeElement.type")
        )
    assert {
        "scene", "theme", "radio", "band", "picture", "row", "column", "side", "checkbox",
        "download", "score-table", "zoom-in", "zoom-out",
    } <= reached  # fmt: skip


def test_hovering_over_the_chart_shows_values(opened: Opened) -> None:
    opened.click(7, 30)
    area = opened.page.locator("#chart").bounding_box()
    assert area is not None
    opened.page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    opened.page.mouse.move(area["x"] + 0.9 * area["width"], area["y"] + area["height"] / 2)
    opened.page.wait_for_function(
        "document.getElementById('value-title').textContent !== 'at 550 nm'"
    )
    band = int(re.findall(r"\d+", opened.page.inner_text("#value-title"))[0]) // 10 - 40
    shown = [float(row[1].split()[0]) for row in opened.cells("#curves tbody")]
    expected = [spectrum[band] for spectrum in values_of(make_scene("one"), 7, 30)]
    np.testing.assert_allclose(shown, expected, atol=0.003)
    opened.page.mouse.move(2, 2)
    opened.page.wait_for_function(
        "document.getElementById('value-title').textContent === 'at 550 nm'"
    )


def test_the_table_of_curves_has_value_spread_and_errors(opened: Opened) -> None:
    rows = opened.cells("#curves tbody")
    assert [row[0] for row in rows] == ["truth", *TITLES]
    assert rows[0][2:] == ["", "", ""]
    assert [float(row[2]) for row in rows[1:]] == pytest.approx([0.1, 0.1, 0.0], abs=0.003)
    assert float(rows[1][3]) < 0.005
    assert "±" in rows[3][1]


def test_a_method_that_is_switched_off_leaves_chart_and_file(opened: Opened) -> None:
    opened.page.uncheck("#curves tbody tr:nth-child(2) input")
    visible = opened.page.evaluate(
        "[0, 1, 2, 3].map((k) => Bokeh.documents[0].get_model_by_name(`line-${k}`).visible)"
    )
    assert visible == [True, False, True, True]
    rows = download(opened)
    assert rows[0] == [
        "wavelength_nm",
        "truth",
        HOSTILE,
        "MST++",
        "MST++, standard deviation of 2 members",
    ]


def download(opened: Opened) -> list[list[str]]:
    with opened.page.expect_download() as event:
        opened.page.click("#download")
    path = event.value.path()
    assert re.fullmatch(r"[\w.-]+_\d+_\d+\.csv", event.value.suggested_filename)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_file_of_spectra_has_a_row_per_band(opened: Opened) -> None:
    opened.click(7, 30)
    rows = download(opened)
    assert rows[0][:4] == ["wavelength_nm", "truth", *TITLES[:2]]
    table = np.array(rows[1:], dtype=float)
    assert table[:, 0].tolist() == [400 + 10 * band for band in range(31)]
    np.testing.assert_allclose(table[:, 1:5].T, values_of(make_scene("one"), 7, 30), atol=0.003)


def test_a_spreadsheet_takes_no_name_for_a_formula(opened: Opened) -> None:
    names = opened.page.evaluate(
        """() => {
          const source = document.scripts[document.scripts.length - 1].textContent;
          const code = source.slice(source.indexOf("function writeField"));
          return eval(code.slice(0, code.indexOf("function writeSpectra")) +
            "['=1+1', '-2', '@a', 'a,\\"b', 'MST++'].map(writeField)");
        }"""
    )
    assert names == ["'=1+1", "'-2", "'@a", '"a,""b"', "MST++"]


def test_bands_false_colours_and_errors_are_painted(opened: Opened) -> None:
    scene = make_scene("one")
    assert scene.truth is not None
    assert scene.picture is not None
    assert opened.read_pixel(5, 6) == scene.picture[5, 6].tolist()
    opened.choose("band")
    opened.page.evaluate(
        "() => { const b = document.getElementById('band'); b.value = 4; b.dispatchEvent(new Event('input')); }"
    )
    white = np.quantile(scene.truth[4], 0.995)
    tone = 255 * min(scene.truth[4, 5, 6] / white, 1) ** (1 / 2.2)
    assert opened.read_pixel(5, 6) == pytest.approx([tone] * 3, abs=2)
    opened.choose("colours")
    opened.page.select_option("#red", "30")
    tone = 255 * min(scene.truth[30, 5, 6] / np.quantile(scene.truth[30], 0.995), 1) ** (1 / 2.2)
    assert opened.read_pixel(5, 6)[0] == pytest.approx(tone, abs=2)
    opened.choose("error")
    assert opened.page.is_visible("#scale")
    assert opened.page.input_value("#cube") == "1"  # the truth has no error
    opened.page.fill("#error-end", "0.2")
    opened.page.press("#error-end", "Enter")
    red, green, blue = opened.read_pixel(5, 6)  # an error of 0.1: the middle of the scale
    assert (red, green, blue) == pytest.approx((188, 55, 84), abs=12)
    opened.page.select_option("#cube", "3")
    assert max(opened.read_pixel(5, 6)) < 30
    assert "Relative error of" in str(opened.page.get_attribute("#canvas", "aria-label"))


def test_another_scene_is_opened(opened: Opened) -> None:
    opened.page.select_option("#scene", "1")
    opened.page.wait_for_function(
        "document.getElementById('picture-name').textContent === 'Scene two'"
    )
    opened.click(7, 30)
    expected = values_of(make_scene("two", 1), 7, 30)[0]
    np.testing.assert_allclose(opened.read_chart()[0]["y"], expected, atol=0.003)


def test_scores_are_a_table_with_the_best_in_bold(opened: Opened) -> None:
    rows = opened.cells("#score-values")
    assert rows[0] == ["method", "MRAE", "PSNR (dB)"]
    assert rows[3] == ["MST++", "0.0000", "∞"]
    assert opened.page.locator("#score-values strong").all_inner_texts() == ["0.0000", "∞"]
    opened.page.select_option("#score-table", "1")
    assert opened.cells("#score-values")[2][2] == "—"


def test_the_theme_follows_the_system_and_the_switch(browser: "Browser", files: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    page = Opened(context.new_page(), files / "half.html").page
    theme = "document.documentElement.dataset.theme"
    line = "Bokeh.documents[0].get_model_by_name('line-0').glyph.line_color.value"
    assert page.evaluate(f"[{theme}, {line}]") == ["dark", "#ffffff"]
    page.select_option("#theme", "light")
    assert page.evaluate(f"[{theme}, {line}]") == ["light", "#111111"]
    context.close()


def test_a_narrow_screen_needs_no_sideways_scrolling(browser: "Browser", files: Path) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = Opened(context.new_page(), files / "8bit.html")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360
    page.page.touchscreen.tap(*page.locate(7, 30))
    assert page.page.inner_text("#place") == "Row 7, column 30"
    context.close()


def test_a_page_without_truth_shows_natural_colours(browser: "Browser", files: Path) -> None:
    page = Opened(browser.new_page(), files / "bare.html")
    assert page.page.inner_text("#camera-name") == "natural colours"
    assert not page.page.is_visible("#error-choice")
    assert not page.page.is_visible("#scores")
    assert [len(row) for row in page.cells("#curves tbody")] == [5, 5, 5]
    assert page.page.locator(".only-truth:visible, .only-metamer:visible").count() == 0
    assert page.faults == []
    page.page.close()


def angle_to_metamer(row: int, column: int) -> float:
    """The angle of the truth, and of each method, to the metamer at a pixel."""
    scene = make_contents_with_metamers().scenes[0]  # type: ignore[index]
    a, b = scene.truth[:, row, column], scene.metamer[:, row, column]
    return float(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))


def test_a_metamer_is_drawn_when_it_is_chosen(browser: "Browser", files: Path) -> None:
    page = Opened(browser.new_page(), files / "metamers.html")
    page.click(7, 30)
    rows = page.cells("#curves tbody")
    assert [row[0] for row in rows] == ["truth", "metamer of the truth", *TITLES]
    expected = angle_to_metamer(7, 30)
    assert float(rows[0][4]) == pytest.approx(expected, abs=0.002)
    assert float(rows[1][3]) == pytest.approx(expected, abs=0.002)  # to the truth
    assert rows[1][4] == ""
    assert float(rows[2][4]) == pytest.approx(expected, abs=0.002)  # 1.1 times the truth
    visible = "Bokeh.documents[0].get_model_by_name('line-1').visible"
    box = page.page.get_by_label("metamer of the truth", exact=True)
    assert not page.page.evaluate(visible)
    assert not box.is_checked()
    box.focus()
    page.page.keyboard.press("Space")
    assert page.page.evaluate(visible)
    scene = make_contents_with_metamers().scenes[0]  # type: ignore[index]
    np.testing.assert_allclose(page.read_chart()[1]["y"], scene.metamer[:, 7, 30], atol=0.003)
    page.page.wait_for_function(
        "document.getElementById('readout').textContent.includes('metamer')"
    )
    assert page.faults == []
    page.page.close()


def test_a_map_shows_angles_to_truth_and_metamer(browser: "Browser", files: Path) -> None:
    page = Opened(browser.new_page(), files / "metamers.html")
    page.choose("error")
    page.page.select_option("#error-bands", "truth")
    assert page.read_pixel(7, 30) == page.read_pixel(20, 3)  # multiples of the truth: no angle
    dark = page.read_pixel(7, 30)
    page.page.select_option("#error-bands", "metamer")
    assert page.read_pixel(7, 30) != dark
    assert page.page.inner_text("#scale-unit") == "angle in radians"
    label = page.page.get_attribute("#canvas", "aria-label")
    assert label == "Angle SAM of scene, linear to the metamer of the truth"
    end = float(page.page.input_value("#error-end"))
    assert 0 < end < 1
    page.page.select_option("#error-bands", "mean")
    assert page.page.inner_text("#scale-unit") == "relative error"
    assert float(page.page.input_value("#error-end")) == 0.1
    assert page.faults == []
    page.page.close()


def test_a_page_without_metamers_offers_none(opened: Opened) -> None:
    opened.choose("error")
    assert opened.page.locator("#error-bands [value=metamer]").is_disabled()
    assert not opened.page.is_visible("#metamer-note")
    opened.choose("camera")
