from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from respectra.camera.observations import Observations
from respectra.figures.clipped import draw
from respectra.figures.contents import Contents


def test_each_group_of_scenes_has_its_mean(contents: Contents, tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").write_text("scene,clipped\nc,yes\nd,no\n")
    for method in contents.methods:
        for path in method.scores:
            scores = pd.read_csv(path)
            scores.loc[scores["scene"] == "c", "mrae"] *= 2
            scores.to_csv(path, index=False)
    contents = replace(contents, observations=Observations(tmp_path / "observations"))
    figure = draw(contents, metric="mrae", region="crop")
    axis = figure.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["HPRN", "linear"]
    means = {
        marker: [float(np.asarray(line.get_xdata())[0]) for line in axis.lines
                 if line.get_marker() == marker]
        for marker in "o^"
    }  # fmt: skip
    np.testing.assert_allclose(means["o"], [0.205, 0.105])
    np.testing.assert_allclose(means["^"], [0.41, 0.21])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["not clipped, 1 of the scenes", "clipped, 1 of the scenes"]
