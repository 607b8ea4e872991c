"""The document: a template filled with the coded cubes, BokehJS, and the page's own scripts."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from respectra.figures.style import COLOURS, GAMMA
from respectra.files import replace_atomically
from respectra.page.chart import DASHES, make_chart, read_bokeh
from respectra.page.coding import CodedCube, describe_coding, encode_cube
from respectra.page.scene import Array, Curve, Scene

FOLDER = Path(__file__).parent
SCRIPT_FILES = (
    "decode.js",
    "picture.js",
    "spectrum.js",
    "tables.js",
    "state.js",
    "controls.js",
    "main.js",
)
TRUTH_COLOURS = ("#111111", "#ffffff")  # on a light and on a dark background
# The palette of the figures, brighter for a dark background.
DARK_COLOURS = ("#5BB2F0", "#FF8A4C", "#2FD3A0", "#F0A3CE", "#FFC24A", "#9AD5FF", "#F7EC6B")
GREATER_IS_BETTER = ("psnr", "ssim")
SPREAD_STEPS = 8  # of the 8-bit coding are one step of a spread, whose range has 31 steps
MAXIMUM_BYTES = 2**29  # browsers refuse texts and files that are much greater


@dataclass(frozen=True)
class Contents:
    """What a page shows.

    Attributes:
        title: the heading.
        caption: a sentence below it.
        quantity: what a value of a cube is, such as `radiance`.
        wavelengths_nm: the centre of each band.
        curves: the methods.
        scenes: the scenes, read one at a time.
    """

    title: str
    caption: str
    quantity: str
    wavelengths_nm: Sequence[float]
    curves: Sequence[Curve]
    scenes: Iterable[Scene]


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        scenes: the number of scenes.
        size: of the file, in bytes.
        coding: a sentence on the coding and its error.
    """

    scenes: int
    size: int
    coding: str

    def __str__(self) -> str:
        scenes = "1 scene" if self.scenes == 1 else f"{self.scenes} scenes"
        return f"{scenes}, {self.size / 1e6:.1f} MB. {self.coding}"


def write_page(contents: Contents, save: str | Path, precision: str = "8bit") -> Summary:
    """Write a page.

    Args:
        contents: what it shows.
        save: the HTML file.
        precision: of the values, `8bit` or `half`.

    Raises:
        ValueError: cubes of a scene differ in size, or the file would be too large for a browser.
    """
    blocks: list[dict[str, str]] = []
    coded: list[CodedCube] = []

    def add_block(cube: Array | None, *, is_spread: bool = False) -> dict[str, Any] | None:
        """Encode a cube, and return what the scripts need to find and decode it."""
        if cube is None:
            return None
        encoded = encode_cube(cube, precision, coarse=SPREAD_STEPS if is_spread else 1)
        coded.extend([] if is_spread else [encoded])  # the stated error is that of spectra
        blocks.append({"id": f"cube-{len(blocks)}", "text": encoded.text})
        _check_size(sum(len(block["text"]) for block in blocks))
        return {"id": blocks[-1]["id"], "scale": encoded.scale}

    has_truth, has_metamer, scenes = False, False, []
    for scene in contents.scenes:
        scene.check_shapes()
        has_truth = has_truth or scene.truth is not None
        has_metamer = has_metamer or scene.metamer is not None
        scenes.append(
            {
                **_describe_scene(scene),
                "truth": add_block(scene.truth),
                "metamer": add_block(scene.metamer),
                "estimates": [add_block(cube) for cube in scene.estimates],
                "spreads": [add_block(cube, is_spread=True) for cube in scene.spreads],
            }
        )
    coding = describe_coding(
        precision, max(cube.mean_error for cube in coded), max(cube.max_error for cube in coded)
    )
    references = _list_references(has_truth, has_metamer)
    settings = _make_settings(contents, scenes, references, precision, coding)
    template = _read_template("template.html")
    bokeh, scripts = read_bokeh(), "\n".join(map(_read_text, SCRIPT_FILES))
    texts = [*(block["text"] for block in blocks), bokeh, scripts]
    size = sum(map(len, [*texts, *(scene["picture"] or "" for scene in scenes)]))
    with replace_atomically(save) as part:
        template.stream(
            contents=contents,
            settings=settings,
            coding=coding,
            size=size / 1e6,
            blocks=blocks,
            style=_read_text("style.css"),
            bokeh=bokeh,
            scripts=scripts,
        ).dump(str(part), encoding="utf-8", errors="xmlcharrefreplace")
    return Summary(len(scenes), Path(save).stat().st_size, coding)


def _list_references(has_truth: bool, has_metamer: bool) -> list[dict[str, Any]]:
    """The curves of no method: the truth, and its metamer, which is drawn when it is chosen."""
    return [
        *([{"title": "truth", "spread": None, "shown": True}] * has_truth),
        *([{"title": "metamer of the truth", "spread": None, "shown": False}] * has_metamer),
    ]


def _check_size(size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise ValueError(
            f"the page would have more than {MAXIMUM_BYTES >> 20} MB, which browsers do not open; "
            "choose fewer scenes or methods"
        )


def _read_template(name: str) -> Any:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    # BokehJS reads a document in order: a model comes before references to it.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False}
    return environment.get_template(name)


def _read_text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _make_settings(
    contents: Contents,
    scenes: Sequence[Mapping[str, Any]],
    references: Sequence[Mapping[str, Any]],
    precision: str,
    coding: str,
) -> dict[str, Any]:
    """What the scripts read: everything but the cubes."""
    count = len(contents.curves)
    light = [COLOURS[number % len(COLOURS)] for number in range(count)]
    dark = [DARK_COLOURS[number % len(DARK_COLOURS)] for number in range(count)]
    colours = [TRUTH_COLOURS] * len(references) + list(zip(light, dark, strict=True))
    methods = [{**asdict(curve), "shown": True} for curve in contents.curves]
    titles = [curve["title"] for curve in references]
    return {
        "wavelengths": list(map(float, contents.wavelengths_nm)),
        "quantity": contents.quantity,
        "precision": precision,
        "coding": coding,
        "gamma": GAMMA,
        "curves": [
            {
                **curve,
                "colours": pair,
                "dash": DASHES[colours[:number].count(pair) % len(DASHES)],
            }
            for number, (curve, pair) in enumerate(
                zip([*references, *methods], colours, strict=True)
            )
        ],
        "hasTruth": "truth" in titles,
        "references": len(references),
        "scenes": scenes,
        "errorColours": _list_colours("inferno"),
        "greaterIsBetter": GREATER_IS_BETTER,
        "chart": make_chart(
            contents.wavelengths_nm,
            [colour for colour, _ in colours],
            contents.quantity,
            [curve["spread"] is not None for curve in [*references, *methods]],
        ),
    }


def _list_colours(name: str) -> list[list[int]]:
    """The 256 colours of one of Matplotlib's colour maps, each as red, green and blue."""
    colours = colormaps[name](np.arange(256), bytes=True)
    return [list(map(int, colour[:3])) for colour in colours]


def _describe_scene(scene: Scene) -> dict[str, Any]:
    """A scene without its cubes."""
    reference = scene.cubes[0]
    finite = np.where(np.isfinite(reference), reference, 0)
    whites = np.quantile(finite.reshape(len(finite), -1), 0.995, axis=1)
    return {
        "name": scene.name,
        "rows": int(reference.shape[1]),
        "columns": int(reference.shape[2]),
        "picture": None if scene.picture is None else _encode_picture(scene.picture),
        "whites": [max(float(white), 1e-9) for white in whites],
        "errorEnd": _find_error_end(scene),
        "angleEnd": _find_angle_end(scene),
        "scores": [
            {**asdict(table), "rows": [list(map(_write_score, row)) for row in table.rows]}
            for table in scene.scores
        ],
    }


def _write_score(value: float | None) -> float | str | None:
    """A score as JSON can hold it."""
    if value is None or np.isnan(value):
        return None
    return float(value) if np.isfinite(value) else "∞"


def _encode_picture(picture: NDArray[np.uint8]) -> str:
    """A picture as the address of a PNG."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _find_error_end(scene: Scene) -> float | None:
    """The end of the colour scale of error maps: the 98th percentile, with two digits."""
    if scene.truth is None:
        return None
    truth = np.where(scene.truth > 0, scene.truth, np.nan)
    return _find_end(
        (np.abs(cube - truth) / truth).mean(0) for cube in scene.estimates if cube is not None
    )


def _find_angle_end(scene: Scene) -> float | None:
    """The end of the colour scale of angles to the truth and to its metamer, in radians."""
    references = [cube for cube in (scene.truth, scene.metamer) if cube is not None]
    return _find_end(
        _measure_angles(cube, reference)
        for cube in scene.estimates
        for reference in references
        if cube is not None
    )


def _measure_angles(cube: Array, reference: Array) -> Array:
    """The angle of two spectra of each pixel."""
    lengths = np.linalg.norm(cube, axis=0) * np.linalg.norm(reference, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines: Array = np.einsum("brc,brc->rc", cube, reference) / lengths
    return np.arccos(np.clip(cosines, -1, 1))


def _find_end(maps: Iterable[Array]) -> float | None:
    """The 98th percentile of maps, with two digits; None without a number."""
    known = np.concatenate([np.zeros(0), *(values[np.isfinite(values)] for values in maps)])
    return float(f"{np.quantile(known, 0.98):.2g}") if known.size else None
