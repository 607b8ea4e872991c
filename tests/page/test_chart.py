import json
import re

from respectra.page.chart import make_chart, read_bokeh


def test_the_chart_has_the_models_that_the_scripts_fill() -> None:
    item = json.dumps(
        make_chart(
            [400.0, 550.0, 700.0], ["#111111", "#0072B2", "#0072B2"], "value", [False, True, False]
        )
    )
    names = set(re.findall(r'"name": "([\w-]+)"', item))
    assert {"chart", "marker", "band-1"} | {
        f"{kind}-{k}" for kind in ("source", "line") for k in range(3)
    } <= names
    assert not {"band-0", "band-2"} & names
    dashes = re.findall(r'"line_color": "#0072B2", "line_width": 2(, "line_dash")?', item)
    assert dashes == ["", ', "line_dash"']  # of two curves of one colour


def test_one_band_has_an_axis_of_some_width() -> None:
    assert '"start": 549.98' in json.dumps(make_chart([550.0], ["#111111"], "value", [False]))


def test_bokeh_is_part_of_the_page_with_its_licence() -> None:
    script = read_bokeh()
    assert "Copyright (c) Anaconda, Inc., and Bokeh Contributors" in script
    assert not re.search(r"<script[^>]* src=", script)
