from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from respectra.controls import apply_control
from respectra.datasets.store import Store
from respectra.metrics import METRICS
from respectra.reconstructions import write_reconstructions
from respectra.score import score_split
from tests.conftest import WAVELENGTHS, Data


def run(
    data: Data, reconstructions: Path, save: Path, margin: int = 8, *, colours: bool = False
) -> pd.DataFrame:
    score_split(
        plan={"margin": margin, "colours": colours, "code": ""},
        reconstructions=reconstructions,
        scenes=data.scenes,
        response=data.response,
        split="valid",
        save=save,
    )
    return pd.read_csv(save)


def test_the_oracle_scores_perfectly_from_end_to_end(data: Data, tmp_path: Path) -> None:
    apply_control(
        plan={"control": {"is": "oracle"}, "code": ""},
        scenes=data.scenes,
        observations=data.observations,
        split="valid",
        save=tmp_path / "v.h5",
    )
    rows = run(data, tmp_path / "v.h5", tmp_path / "v.csv")
    assert list(rows["scene"]) == ["c", "c", "d", "d"]
    assert list(rows["region"]) == ["full", "crop"] * 2
    for name in METRICS:
        assert (rows[name] == {"psnr": np.inf, "ssim": 1.0}.get(name, 0.0)).all(), name


def test_full_and_crop_are_scored_apart(data: Data, tmp_path: Path) -> None:
    store = Store(data.scenes)
    with write_reconstructions(tmp_path / "v.h5", WAVELENGTHS) as write:
        for scene in "cd":
            cube = np.array(store.cube(scene))
            cube[:, :8] *= 2  # wrong in the margin alone
            write(scene, cube)
    rows = run(data, tmp_path / "v.h5", tmp_path / "v.csv").set_index(["scene", "region"])
    assert rows.loc[("c", "crop"), "mrae"] == 0
    assert rows.loc[("c", "full"), "mrae"] == pytest.approx(8 / 40, rel=1e-5)


def test_a_crop_that_leaves_nothing_names_the_scene(data: Data, tmp_path: Path) -> None:
    apply_control(
        plan={"control": {"is": "oracle"}, "code": ""},
        scenes=data.scenes,
        observations=data.observations,
        split="valid",
        save=tmp_path / "v.h5",
    )
    with pytest.raises(ValueError, match="c: crop: a margin of 20 removes all of 40×48 pixels"):
        run(data, tmp_path / "v.h5", tmp_path / "v.csv", margin=20)
    assert not (tmp_path / "v.csv").exists()


def test_a_reconstruction_of_another_size_names_the_scene(data: Data, tmp_path: Path) -> None:
    with write_reconstructions(tmp_path / "v.h5", WAVELENGTHS) as write:
        for scene in "cd":
            write(scene, np.ones((31, 30, 48), np.float32))
    with pytest.raises(ValueError, match="c: mrae: reconstruction is 30×48, cube is 40×48"):
        run(data, tmp_path / "v.h5", tmp_path / "v.csv")


def test_colours_are_scored_where_the_plan_says_so(data: Data, tmp_path: Path) -> None:
    store = Store(data.scenes)
    for name, factor in (("same", 1.0), ("darker", 0.5)):
        with write_reconstructions(tmp_path / f"{name}.h5", WAVELENGTHS) as write:
            for scene in "cd":
                write(scene, np.float32(factor) * store.cube(scene))
    same, darker = (
        run(data, tmp_path / f"{name}.h5", tmp_path / "v.csv", colours=True)
        for name in ("same", "darker")
    )
    assert list(same.columns) == ["scene", "region", *METRICS, "delta_e"]
    assert (same["delta_e"] == 0).all()
    assert (darker["delta_e"] > 5).all()
