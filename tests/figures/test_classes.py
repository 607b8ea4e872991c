from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
from matplotlib.colors import to_hex

from respectra.figures.classes import (
    CLASS_COLOURS,
    compose_false_colours,
    draw_maps,
    draw_samples,
)
from respectra.figures.contents import Contents


@pytest.fixture
def classified(contents: Contents, tmp_path: Path) -> Contents:
    shape = contents.store.size("c")
    truth = np.ones(shape, np.uint8)
    for name, key, labels in (
        ("PaviaU_gt", "paviaU_gt", truth), ("TRpaviaU", "TRpaviaU", truth * 0),
        ("TSpaviaU", "TSpaviaU", truth),
    ):  # fmt: skip
        scipy.io.savemat(tmp_path / f"{name}.mat", {key: labels})
    np.save(tmp_path / "map.npy", 2 * truth)
    scores = {"scene": ["c"] * 2, "region": ["full"] * 2, "run": [0, 1], "oa": [0.5, 0.7]}
    pd.DataFrame(scores).to_csv(tmp_path / "c.csv", index=False)
    methods = tuple(
        replace(m, maps=(tmp_path / "map.npy",), scores=(tmp_path / "c.csv",))
        for m in contents.methods
    )
    labels = {"is": "pavia:labels", "folder": str(tmp_path)}
    return replace(contents, methods=methods, classes={"labels": labels, "names": ["one", "two"]})


def test_labels_and_samples_are_drawn_next_to_the_scene(classified: Contents) -> None:
    figure = draw_samples(classified)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["rgb", "false colours", "labels", "training samples"]
    assert figure.axes[2].images[0].get_array().max() == 1
    assert figure.axes[3].images[0].get_array().max() == 0


def test_every_colour_of_a_map_is_in_the_legend(classified: Contents) -> None:
    (legend,) = draw_samples(classified).legends
    colours = {
        text.get_text(): to_hex(patch.get_facecolor()).upper()
        for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }
    assert list(colours) == ["one", "two", "no label"]
    assert list(colours.values()) == [CLASS_COLOURS[i] for i in (1, 2, 0)]


def test_every_map_has_its_accuracy(classified: Contents) -> None:
    figure = draw_maps(classified)
    assert [a.get_title() for a in figure.axes][2:] == ["linear\nOA 60.0 %", "HPRN\nOA 60.0 %"]
    assert figure.axes[3].images[0].get_array().max() == 2


def test_false_colours_take_the_nearest_bands(classified: Contents) -> None:
    picture = compose_false_colours(classified, "c")
    cube = classified.store.cube("c")  # 400, 410, … 700 nm
    for channel, band in enumerate((30, 22, 13)):  # 721 nm is beyond the last band
        stretched = np.clip(cube[band] / np.quantile(cube[band], 0.98), 0, 1)
        np.testing.assert_allclose(picture[..., channel], stretched ** (1 / 1.5), rtol=1e-6)
