"""Contents of a page with names that are dangerous in HTML."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from respectra.page.document import Contents
from respectra.page.scene import Curve, Scene, ScoreTable
from tests.conftest import WAVELENGTHS, smooth_cube

HOSTILE = "</script><script>alert(1)</script> & \"q\" 'a' <img src=x onerror=alert(2)> =1+1"
TITLES = ("linear", HOSTILE, "MST++")
METRICS = ("mrae", "psnr")


def make_scene(name: str, seed: int = 0, size: tuple[int, int] = (40, 48)) -> Scene:
    """A scene whose methods are 1.1, 0.9 and 1.0 times the truth; the last has a spread."""
    truth = smooth_cube(*size, seed=seed)
    picture = np.round(255 * np.clip(truth[[21, 15, 6]], 0, 1)).astype(np.uint8)
    factors = np.array([1.1, 0.9, 1.0], np.float32)
    return Scene(
        name=name,
        truth=truth,
        estimates=[truth * factor for factor in factors],
        spreads=[None, None, truth * np.float32(0.05)],
        picture=np.moveaxis(picture, 0, -1),
        scores=[
            ScoreTable(f"{name}, whole image", METRICS, [[0.1, 20.0], [0.1, 19.0], [0.0, np.inf]]),
            ScoreTable("mean of 2 scenes", METRICS, [[0.2, 21.0], [0.3, None], [0.0, np.nan]]),
        ],
    )


def make_contents(names: Sequence[str] = (f"one {HOSTILE}", "two")) -> Contents:
    """Scenes, each with the truth and three methods."""
    return Contents(
        title=f"A title {HOSTILE}",
        caption=f"A caption {HOSTILE}",
        quantity="radiance",
        wavelengths_nm=WAVELENGTHS,
        curves=[Curve(title, "standard deviation of 2 members" if title == "MST++" else None)
                for title in TITLES],
        scenes=[make_scene(name, seed) for seed, name in enumerate(names)],
    )  # fmt: skip


def make_contents_with_metamers() -> Contents:
    """A scene whose metamers differ from the truth by a wave along the bands."""
    scene = make_scene("scene")
    assert scene.truth is not None
    wave = 0.3 * np.sin(np.arange(len(WAVELENGTHS))).astype(np.float32)
    return replace(
        make_contents(), scenes=[replace(scene, metamer=scene.truth * (1 + wave[:, None, None]))]
    )
