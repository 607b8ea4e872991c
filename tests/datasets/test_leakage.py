from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.transform import AffineTransform, warp

from respectra.camera.jpeg import compress
from respectra.datasets.layout import read_groups
from respectra.datasets.leakage import find_pairs, group_scenes
from tests.conftest import ROOT


def draw_place(seed: int, size: int = 200) -> NDArray[np.floating]:
    """A picture with corners and patches, (rows, columns)."""
    rng = np.random.default_rng(seed)
    picture = np.full((size, size), 0.5)
    for _ in range(120):
        row, column = rng.integers(0, size - 20, 2)
        height, width = rng.integers(6, 30, 2)
        picture[row : row + height, column : column + width] = rng.random()
    return picture


def save(path: Path, picture: NDArray[np.floating]) -> Path:
    pixels = np.round(255 * np.stack([picture, 0.8 * picture, 0.9 * picture])).astype(np.uint8)
    path.write_bytes(compress(pixels, quality=80, subsampling="4:2:0"))
    return path


def test_two_views_of_one_place_are_a_pair(tmp_path: Path) -> None:
    moved = warp(
        draw_place(0), AffineTransform(translation=(14, -9), rotation=0.05), mode="reflect"
    )
    pictures = {
        "a": save(tmp_path / "a.jpg", draw_place(0)),
        "b": save(tmp_path / "b.jpg", 0.7 * moved),
        "c": save(tmp_path / "c.jpg", draw_place(1)),
        "flat": save(tmp_path / "flat.jpg", np.full((200, 200), 0.5)),
    }
    assert [(pair.first, pair.second) for pair in find_pairs(pictures)] == [("a", "b")]


def test_no_pairs_have_no_groups() -> None:
    assert group_scenes([]) == {}


def test_real_pictures_show_the_known_places_only(shared: Path) -> None:
    """The reference material has at least two pictures of each known group, and others."""
    folder = shared / "data/arad1k"
    known_groups = read_groups(ROOT / "data/groups/arad1k.csv")
    pictures = {path.stem: path for path in sorted(folder.glob("*.jpg"))}
    others = [scene for scene in pictures if scene not in known_groups][:6]
    chosen = {scene: pictures[scene] for scene in [*known_groups, *others] if scene in pictures}
    groups = group_scenes(find_pairs(chosen))
    assert set(groups) == {scene for scene in chosen if scene in known_groups}
    assert len(set(groups.values())) == 5
    for scene, group in groups.items():
        assert known_groups[scene] == known_groups[group]
