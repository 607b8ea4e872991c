import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import respectra.page.document as document
from respectra.page.document import Summary, write_page
from respectra.page.scene import Scene
from tests.page.builders import HOSTILE, TITLES, make_contents, make_scene


class Elements(HTMLParser):
    """The elements of a page and their texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        key = attributes.get("id") or tag
        self.texts[key] = self.texts.get(key, "") + data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Elements:
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(make_contents(), path)
    return Elements(path.read_text(encoding="utf-8"))


def read_settings(page: Elements) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(page.texts["settings"])
    return settings


def test_names_from_outside_add_no_element(page: Elements) -> None:
    assert [tag for tag, _ in page.elements].count("img") == 0
    assert not [a for _, a in page.elements if "onerror" in a]
    assert page.texts["h1"].strip() == f"A title {HOSTILE}"
    assert [curve["title"] for curve in read_settings(page)["curves"]] == ["truth", *TITLES]


def test_the_page_loads_nothing(page: Elements) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "srcset", "href", "data", "action"):
            value = attributes.get(name) or ""
            assert value.startswith(("#", "data:")) or not value, (tag, attributes)
    style = (document.FOLDER / "style.css").read_text()
    assert "url(" not in style
    assert "@import" not in style


def test_every_control_has_a_label(page: Elements) -> None:
    text = (document.FOLDER / "template.html").read_text()
    for tag in ("select", "input"):
        for match in re.finditer(rf"<{tag}\b[^>]*>", text):
            before = text[: match.start()]
            inside = before.rfind("<label") > before.rfind("</label>")
            name = re.search(r'id="([\w-]+)"', match[0])
            assert inside or (name and f'for="{name[1]}"' in text), match[0]


def test_a_block_is_written_per_cube(page: Elements) -> None:
    scenes = read_settings(page)["scenes"]
    ids = [
        block["id"]
        for scene in scenes
        for block in (scene["truth"], *scene["estimates"], *scene["spreads"])
        if block is not None
    ]
    assert len(ids) == len(set(ids)) == 2 * 5
    assert all(re.fullmatch(r"[A-Za-z0-9+/]+=*", page.texts[name].strip()) for name in ids)


def test_the_scale_of_errors_ends_at_the_98th_percentile(page: Elements) -> None:
    assert [scene["errorEnd"] for scene in read_settings(page)["scenes"]] == [0.1, 0.1]


def test_scores_that_are_no_numbers_are_valid_json(page: Elements) -> None:
    tables = read_settings(page)["scenes"][0]["scores"]
    assert tables[0]["rows"] == [[0.1, 20.0], [0.1, 19.0], [0.0, "∞"]]
    assert tables[1]["rows"] == [[0.2, 21.0], [0.3, None], [0.0, None]]


def test_the_summary_states_size_and_error(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    summary = write_page(make_contents(["one"]), path, "half")
    assert summary.size == path.stat().st_size
    assert str(summary).startswith(f"1 scene, {summary.size / 1e6:.1f} MB. Values are in half")
    assert str(Summary(2, 3_000_000, "Coding.")) == "2 scenes, 3.0 MB. Coding."


def test_a_scene_without_truth_has_no_error_map(tmp_path: Path) -> None:
    scene = replace(make_scene("one"), truth=None, picture=None, scores=[])
    path = tmp_path / "page.html"
    write_page(replace(make_contents(), scenes=[scene]), path)
    settings = read_settings(Elements(path.read_text(encoding="utf-8")))
    assert settings["hasTruth"] is False
    assert settings["scenes"][0]["errorEnd"] is None
    assert [curve["title"] for curve in settings["curves"]] == list(TITLES)


def test_cubes_of_several_sizes_leave_no_file(tmp_path: Path) -> None:
    scene = make_scene("one")
    scene = replace(scene, estimates=[*scene.estimates[:2], np.ones((31, 3, 3), np.float32)])
    with pytest.raises(ValueError, match="31×40×48 and 31×3×3"):
        write_page(replace(make_contents(), scenes=[scene]), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_no_browser_opens_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "MAXIMUM_BYTES", 1000)
    with pytest.raises(ValueError, match="choose fewer scenes or methods"):
        write_page(make_contents(), tmp_path / "page.html")


def test_truth_with_zeros_has_a_scale_of_errors() -> None:
    scene = make_scene("one")
    assert scene.truth is not None
    truth = scene.truth.copy()
    truth[:, 0] = 0
    dark = Scene("dark", scene.estimates, scene.spreads, truth)
    assert document._find_error_end(dark) == 0.1
