import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from respectra.camera import observe
from respectra.camera.jpeg import lossless
from respectra.camera.observations import Observations
from respectra.camera.observe import photograph_cube, photograph_dataset
from respectra.camera.response import load_response, project, read_response
from respectra.config import Config
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.datasets.verify import find_damage
from respectra.pictures import read_rgb
from tests.conftest import (
    ROOT,
    WAVELENGTHS,
    Data,
    camera_plan,
    dataset_plan,
    smooth_cube,
    write_folder,
)  # fmt: skip
from tests.test_pictures import png

RESPONSE = np.random.default_rng(0).random((3, 31))


def photograph(data: Data, save: Path, **changes: object) -> Observations:
    photograph_dataset(
        plan=camera_plan(**changes),
        scenes=data.scenes,
        save_observations=save / "observations",
        save_response=save / "response.csv",
        save_scenes=save / "scenes.csv",
        threads=2,
    )
    return Observations(save / "observations")


def test_pixels_are_those_that_a_decoder_reads_from_the_file(data: Data) -> None:
    observations = Observations(data.observations)
    file = read_rgb(data.observations / "a.jpg")
    np.testing.assert_array_equal(np.moveaxis(observations.pixels("a"), -1, 0), file)
    assert observations.pixels("a").mean() / 255 == pytest.approx(0.18, abs=0.01)


def test_noise_depends_on_the_scene_and_not_on_the_order(data: Data, tmp_path: Path) -> None:
    first, second = Observations(data.observations), photograph(data, tmp_path)
    for scene in "abcd":
        np.testing.assert_array_equal(first.pixels(scene), second.pixels(scene))
    other = photograph(data, tmp_path / "other", seed=1)
    assert not np.array_equal(first.pixels("a"), other.pixels("a"))


def test_the_response_is_written_at_the_bands(data: Data) -> None:
    assert read_response(data.response).shape == (3, 31)


def test_parts_are_applied_in_the_order_of_the_chain() -> None:
    parts = [
        {"is": "exposure:to_mean", "mean": 0.18},
        {"is": "bits:truncate", "bits": 8},
        {"is": "jpeg:lossless"},
    ]
    cube = smooth_cube(8, 9)
    picture = read_rgb(photograph_cube(cube, RESPONSE, parts, np.random.default_rng(0)))
    doubled = read_rgb(photograph_cube(2 * cube, RESPONSE, parts, np.random.default_rng(0)))
    np.testing.assert_array_equal(picture, doubled)


def test_a_chain_must_end_in_a_file() -> None:
    with pytest.raises(
        ValueError, match="chain: ends with exposure:fixed, which writes no file; add jpeg:compress"
    ):
        photograph_cube(
            smooth_cube(8, 9),
            RESPONSE,
            [{"is": "exposure:fixed", "gain": 0.1}],
            np.random.default_rng(0),
        )


def write_pictures(data: Data, folder: Path) -> Path:
    folder.mkdir()
    for scene in Store(data.scenes).scenes():
        rows, columns = Store(data.scenes).size(scene)
        (folder / f"{scene}.png").write_bytes(lossless(np.full((3, rows, columns), 77, np.uint8)))
    return folder


def test_a_simulated_picture_need_not_look_like_its_cube(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saturated surfaces under a narrow light may look as if channels were exchanged."""

    def refuse(*arguments: object, **keywords: object) -> float:
        raise ValueError("the channels of the picture are in the order B, R, G")

    monkeypatch.setattr(observe, "measure_agreement", refuse)
    photograph(data, tmp_path)
    folder = write_pictures(data, tmp_path / "given")
    with pytest.raises(ValueError, match="B, R, G"):
        photograph(data, tmp_path / "out", provided=str(folder / "{scene}.png"))


def test_provided_observations_are_copied(data: Data, tmp_path: Path) -> None:
    folder = write_pictures(data, tmp_path / "given")
    observations = photograph(
        data, tmp_path / "out", provided=str(folder / "{scene}.png"), agreement=-1
    )
    assert (observations.pixels("c") == 77).all()


def test_a_missing_a_damaged_and_a_smaller_observation_are_named(
    data: Data, tmp_path: Path
) -> None:
    folder = write_pictures(data, tmp_path / "given")
    pattern = str(folder / "{scene}.png")
    (folder / "b.png").write_bytes(lossless(np.zeros((3, 4, 4), np.uint8)))
    with pytest.raises(ValueError, match="b: the observation has 4×4 pixels, the cube 40×48"):
        photograph(data, tmp_path / "out", provided=pattern, agreement=-1)
    (folder / "b.png").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"b\.png: cannot be read as a picture"):
        photograph(data, tmp_path / "out", provided=pattern, agreement=-1)
    (folder / "b.png").unlink()
    with pytest.raises(
        ValueError, match=r"b\.png: does not exist; it is the provided observation of scene b"
    ):
        photograph(data, tmp_path / "out", provided=pattern, agreement=-1)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", Config(ROOT).names("cameras"))
def test_every_camera_in_the_tree_takes_a_picture(name: str) -> None:
    camera = Config(ROOT).camera(name)
    curves = camera.response
    sampled = np.loadtxt(ROOT / curves.file, delimiter=",", skiprows=1)[:, 0]
    bands = (
        sampled if sampled[0] > WAVELENGTHS[0] else WAVELENGTHS
    )  # the camera of Pavia has other bands
    response = load_response(
        ROOT / curves.file, bands, columns=curves.columns, gains=curves.gains, unit=curves.unit
    )
    cube = 0.2 * smooth_cube(24, 32, len(bands))
    first, second = (
        photograph_cube(cube, response, camera.chain, np.random.default_rng(1)) for _ in "ab"
    )
    assert first == second
    pixels = read_rgb(first)
    assert pixels.shape == (3, 24, 32)
    assert 20 < pixels.mean() < 235


def test_the_table_of_pictures_states_brightness_and_clipping(data: Data, tmp_path: Path) -> None:
    """The two cases of team MIALGO."""
    bright = [{"is": "exposure:to_mean", "mean": 0.9}, *camera_plan()["chain"][-2:]]
    dark = [{"is": "exposure:to_mean", "mean": 0.05}, *camera_plan()["chain"][-2:]]
    for name, chain, clipped in (("bright", bright, "yes"), ("dark", dark, "no")):
        observations = photograph(data, tmp_path / name, chain=chain)
        with open(tmp_path / name / "scenes.csv", newline="") as file:
            rows = {row["scene"]: row for row in csv.DictReader(file)}
        assert set(rows) == set("abcd")
        for scene, row in rows.items():
            assert row["clipped"] == clipped
            assert int(row["maximum"]) == observations.pixels(scene).max()
            assert float(row["mean"]) == pytest.approx(
                observations.pixels(scene).mean() / 255, abs=1e-4
            )
            assert (float(row["clipped_share"]) > 0) == (clipped == "yes")
            assert float(row["agreement"]) > 0.2


def test_a_scene_without_a_cube_has_a_provided_picture_and_is_not_photographed(
    tmp_path: Path,
) -> None:
    folder = write_folder(tmp_path / "mine", {"a": "train", "b": "train"})
    rng = np.random.default_rng(0)
    for scene in "abt":
        pixels = rng.integers(0, 255, (3, 40, 48), dtype=np.uint8)
        (folder / f"{scene}.png").write_bytes(lossless(pixels))
    (folder / "scenes.csv").write_text("scene,split\na,train\nb,train\nt,test\ngone,test\n")
    read = {
        "is": "folder:read", "folder": str(folder), "pictures_only": {"test": "{scene}.png"},
    }  # fmt: skip
    store_dataset(
        plan=dataset_plan(folder, read=read),
        save_scenes=tmp_path / "scenes.csv",
        save_cubes=tmp_path / "cubes",
        save_wavelengths=tmp_path / "wavelengths.csv",
    )
    store = Store(tmp_path / "scenes.csv")
    assert (store.scenes("test"), store.size("t")) == (["t"], (40, 48))
    with pytest.raises(ValueError, match="t has no published cube"):
        store.cube("t")
    save = {
        "save_observations": tmp_path / "observations",
        "save_response": tmp_path / "response.csv",
        "save_scenes": tmp_path / "pictures.csv",
    }
    photograph_dataset(
        plan=camera_plan(provided=f"{folder}/{{scene}}.png", agreement=-1),
        scenes=tmp_path / "scenes.csv",
        **save,
    )
    assert Observations(tmp_path / "observations").pixels("t").shape == (40, 48, 3)
    with pytest.raises(ValueError, match="t: has no cube, so it cannot be photographed"):
        photograph_dataset(plan=camera_plan(), scenes=tmp_path / "scenes.csv", **save)


def picture_of(data: Data, scene: str) -> np.ndarray:
    """An exact picture of a scene of noise: every pixel is compared with its neighbours' places."""
    signal = project(Store(data.scenes).cube(scene), read_response(data.response))
    return np.round(255 * signal / signal.max()).astype(np.uint8)


def test_a_provided_picture_of_sixteen_bits_keeps_its_bits(data: Data, tmp_path: Path) -> None:
    pictures = {}
    for scene in "abcd":
        signal = project(Store(data.scenes).cube(scene), read_response(data.response))
        pictures[scene] = np.moveaxis(np.round(65535 * signal / signal.max()), 0, -1)
        (tmp_path / f"{scene}.png").write_bytes(png(pictures[scene], 2))
    observations = photograph(data, tmp_path / "out", provided=str(tmp_path / "{scene}.png"))
    for scene, deep in pictures.items():
        pixels = observations.pixels(scene)
        np.testing.assert_array_equal(np.round(pixels * np.float32(257)), deep)
        assert len(np.unique(pixels)) > 256
        np.testing.assert_allclose(
            observations.rgb(scene, "unit"), np.moveaxis(deep, -1, 0) / 65535, rtol=1e-6
        )
    assert find_damage(data.scenes, tmp_path / "out/observations") == []
    with open(tmp_path / "out/scenes.csv", newline="") as file:
        assert {row["clipped"] for row in csv.DictReader(file)} == {"yes"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a, d: d, "a: the picture shows the scene d; exchange the files"),
        (
            lambda a, d: np.zeros_like(a),
            "a: the picture is black everywhere: their correlation is 0",
        ),
        (lambda a, d: np.full_like(a, 255), "a: the picture is white everywhere"),
        (lambda a, d: np.full_like(a, 9), "a: the picture is of one colour everywhere"),
        (lambda a, d: a[:, ::-1, ::-1], "orientations: .* if the picture is turned by 180°"),
        (lambda a, d: 255 - a, "a: the picture does not show the scene of the cube"),
    ],
)
def test_a_provided_picture_shows_its_scene(
    data: Data, tmp_path: Path, spoil: Callable[..., np.ndarray], message: str
) -> None:
    pictures = {scene: picture_of(data, scene) for scene in "abcd"}
    for scene, pixels in pictures.items():
        (tmp_path / f"{scene}.png").write_bytes(lossless(pixels))
    pattern = str(tmp_path / "{scene}.png")
    photograph(data, tmp_path / "right", provided=pattern)
    wrong = np.ascontiguousarray(spoil(pictures["a"], pictures["d"]))
    (tmp_path / "a.png").write_bytes(lossless(wrong))
    with pytest.raises(ValueError, match=message):
        photograph(data, tmp_path / "out", provided=pattern)
    assert not list((tmp_path / "out").iterdir())
