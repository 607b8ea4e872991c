"""The chart of spectra: a Bokeh figure whose sources the scripts of the page fill."""

from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.core.types import ID
from bokeh.embed import json_item
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    HoverTool,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure
from bokeh.resources import Resources

HEIGHT = 360  # pixels
COLUMNS = ("x", "y", "low", "high", "title")  # of a source
DASHES = ("solid", "dashed", "dotted", "dashdot")


def make_chart(
    wavelengths_nm: Sequence[float],
    colours: Sequence[str],
    quantity: str,
    with_spread: Sequence[bool],
) -> Mapping[str, Any]:
    """Make the chart without data.

    Args:
        wavelengths_nm: the centre of each band.
        colours: of each curve; the same colour again gets another line style.
        quantity: the label of the vertical axis.
        with_spread: whether each curve has a band around it.

    Returns:
        What `Bokeh.embed.embed_item` takes. The page finds models by their names: `chart`,
        `marker`, and for each curve `source-0`, `line-0` and, with a spread, `band-0`.
    """
    margin = 0.02 * (wavelengths_nm[-1] - wavelengths_nm[0] or 1)
    chart = figure(
        name="chart", height=HEIGHT, sizing_mode="stretch_width", min_border=4,
        x_range=Range1d(start=wavelengths_nm[0] - margin, end=wavelengths_nm[-1] + margin),
        y_range=Range1d(start=0, end=1), border_fill_color=None, background_fill_color=None,
        x_axis_label="wavelength (nm)", y_axis_label=quantity, toolbar_location="above",
        tools=[PanTool(), BoxZoomTool(), WheelZoomTool(), ResetTool(), SaveTool()],
    )  # fmt: skip
    chart.toolbar.logo = None
    chart.add_layout(Span(location=0, dimension="height", line_dash="dashed", name="marker"))
    lines: list[DataRenderer] = []
    for number, colour in enumerate(colours):
        source = ColumnDataSource({column: [] for column in COLUMNS}, name=f"source-{number}")
        repeats = colours[:number].count(colour)
        if with_spread[number]:
            chart.varea(
                "x", "low", "high", source=source, fill_color=colour, fill_alpha=0.18,
                name=f"band-{number}",
            )  # fmt: skip
        line = chart.line(
            "x", "y", source=source, line_color=colour, line_width=2,
            line_dash=DASHES[repeats % len(DASHES)], name=f"line-{number}",
        )  # fmt: skip
        lines.append(line)
    tooltips = [("", "@title"), ("wavelength", "@x{0.#} nm"), ("value", "@y{0.0000}")]
    chart.add_tools(HoverTool(renderers=lines, tooltips=tooltips, line_policy="nearest"))
    return dict(json_item(chart, ID("chart")))


def read_bokeh() -> str:
    """Return the scripts of BokehJS that the chart needs, as HTML elements."""
    return Resources(mode="inline", components=["bokeh"]).render_js()
