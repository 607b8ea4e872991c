"""What a figure is drawn from, and the one way all of them look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from respectra.build import function
from respectra.camera.observations import Observations
from respectra.camera.response import read_response
from respectra.datasets.store import Store
from respectra.files import aside
from respectra.reconstructions import Reconstructions

Array = NDArray[np.floating]

STYLE: dict[str, Any] = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "legend.fontsize": 7,
    "xtick.labelsize": 7, "ytick.labelsize": 7, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
    "lines.linewidth": 1.2, "figure.constrained_layout.use": True, "savefig.dpi": 200,
    "pdf.fonttype": 42,
}  # fmt: skip
# Okabe and Ito's colours, told apart by every eye; black is kept for the truth.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
WIDTH = 7.0  # inches: a text width


@dataclass(frozen=True)
class Shown:
    """A method in a figure, with a file per run."""

    title: str
    control: bool
    reconstructions: tuple[Path, ...]
    scores: tuple[Path, ...]
    histories: tuple[Path, ...]
    maps: tuple[Path, ...] = ()  # of classes, where the data set has them

    def cube(self, scene: str) -> Array:
        """The first run's reconstruction of a scene, (bands, rows, columns)."""
        return Reconstructions(self.reconstructions[0]).cube(scene)

    def table(self, region: str) -> list[pd.DataFrame]:
        """The scores of a region, a frame per run."""
        frames = [pd.read_csv(path) for path in self.scores]
        return [frame[frame["region"] == region] for frame in frames]


@dataclass(frozen=True)
class Material:
    """The data set, as a figure's plan asks for it, and the methods to show."""

    store: Store
    observations: Observations
    response_file: Path
    scenes: tuple[str, ...]
    methods: tuple[Shown, ...]
    camera: Mapping[str, Any] = field(default_factory=dict)  # its chain, and its seed
    classes: Mapping[str, Any] | None = None  # where the labels are, and the classes' names

    @cached_property
    def response(self) -> Array:
        """(3, bands)."""
        return read_response(self.response_file)

    def picture(self, scene: str) -> Array:
        """An observation brightened for the eye, (rows, columns, 3)."""
        pixels = self.observations.pixels(scene)
        return brightened(pixels, pixels)

    def band(self, nm: float) -> int:
        """The number of the band nearest to a wavelength."""
        return int(np.abs(np.asarray(self.store.wavelengths_nm) - nm).argmin())


def brightened(pixels: NDArray[Any], like: NDArray[Any]) -> Array:
    """A picture for the eye: the 99th percentile of another is white, the rest follows a gamma."""
    return np.clip(pixels / max(float(np.quantile(like, 0.99)), 1e-6), 0, 1) ** (1 / 2.2)


def make_figure(*, plan: Mapping[str, Any], save_png: str | Path, save_pdf: str | Path) -> None:
    """Draw a figure as its plan says and write it as PNG and PDF.

    Args:
        plan: the data set's files and camera, the split, the scenes to show (names, or the first
            so many), the methods with their files, the figure's function and settings.
        save_png, save_pdf: the products.

    Raises:
        ValueError: a scene that is asked for is not in the split.
    """
    store, seen = Store(plan["scenes"]), Observations(plan["observations"])
    there = store.scenes(plan["split"])
    wanted = plan["shown"]
    chosen = there[:wanted] if isinstance(wanted, int) else wanted
    if unknown := [scene for scene in chosen if scene not in there]:
        raise ValueError(f"scene {unknown[0]} is not in split {plan['split']}: {', '.join(there)}")
    methods = tuple(_shown(method) for method in plan["methods"])
    material = Material(
        store, seen, Path(plan["response"]), tuple(chosen), methods, plan["camera"], plan["classes"]
    )
    with plt.rc_context(STYLE):  # type: ignore[arg-type]
        figure: Figure = function("figure", plan["is"])(material, **plan["settings"])
        for path, extra in ((save_png, {}), (save_pdf, {"CreationDate": None})):
            with aside(path) as part:
                kind = Path(path).suffix[1:]
                figure.savefig(part, format=kind, metadata=extra, bbox_inches="tight")
        plt.close(figure)


def _shown(method: Mapping[str, Any]) -> Shown:
    files = {
        part: tuple(map(Path, method[part]))
        for part in ("reconstructions", "scores", "histories", "maps")
    }
    return Shown(title=method["title"], control=method["control"], **files)


def logarithmic(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, its ticks named as plain numbers."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(plt.FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(plt.FuncFormatter(sparse))


def sparse(x: float, _: object = None) -> str:
    """The names of a logarithmic axis's small ticks: only 2 and 5 of every decade, more collide.

    Example:
        >>> sparse(0.2), sparse(0.3)
        ('0.2', '')
    """
    return f"{x:g}" if f"{x:.0e}"[0] in "25" else ""
