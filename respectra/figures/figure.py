"""The step that draws a figure."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draws to files, without a display

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.build import function
from respectra.figures.contents import Contents
from respectra.figures.style import STYLE
from respectra.files import replace_atomically
from respectra.plan_types import FigurePlan


def make_figure(*, plan: FigurePlan, save_png: str | Path, save_pdf: str | Path) -> None:
    """Draw a figure and write it as PNG and PDF.

    Args:
        plan: the data set's files and camera; the split and its scenes to show, as names or as
            the number of scenes; the methods with their files; the function that draws, and its
            settings.
        save_png, save_pdf: the files to write. The same plan gives the same bytes.

    Raises:
        ValueError: a scene is not in the split.
    """
    contents = Contents.from_plan(plan)
    with plt.rc_context(STYLE):  # type: ignore[arg-type]
        figure: Figure = function("figure", plan["is"])(contents, **plan["settings"])
        for path, metadata in ((save_png, {}), (save_pdf, {"CreationDate": None})):
            with replace_atomically(path) as part:
                suffix = Path(path).suffix[1:]
                figure.savefig(part, format=suffix, metadata=metadata, bbox_inches="tight")
        plt.close(figure)
