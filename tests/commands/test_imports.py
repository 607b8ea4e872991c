from pathlib import Path

import numpy as np
import pytest
import scipy.io
import yaml

from respectra.commands.imports import Answers, import_folder
from respectra.config import Config
from respectra.datasets.scenes import store_dataset
from respectra.datasets.store import Store
from respectra.plans.steps import plan_dataset
from tests.conftest import WAVELENGTHS, smooth_cube
from tests.datasets.test_raster import write_envi


@pytest.fixture
def config(config: Config) -> Config:
    """The small project with the camera that an import names."""
    ideal = Path("config/cameras/ideal.yaml")
    Path("config/cameras/ntire2022.yaml").write_text(ideal.read_text())
    return Config()


def write_cubes(folder: Path, count: int = 6, factor: float = 1.0, **more: object) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        cube = np.moveaxis(smooth_cube(70, 72, seed=number), 0, -1) * factor
        values = np.round(cube).astype(np.uint16) if factor > 1 else cube
        struct = {"image": values, "wavelength": np.array(WAVELENGTHS) / 1000}
        scipy.io.savemat(folder / f"scene {number}.MAT", {"data": struct, **more})
    return folder


def store(config: Config, name: str) -> Store:
    choices = config.choices()
    folder = config.dataset(name).read["folder"]
    store_dataset(
        plan=plan_dataset(config, name, choices), folder=folder,
        save_scenes="out/scenes.csv", save_cubes="out/cubes", save_wavelengths="out/waves.csv",
    )  # fmt: skip
    return Store("out/scenes.csv")


def test_a_folder_becomes_a_data_set_that_is_stored(config: Config) -> None:
    folder = write_cubes(Path("data/my-scenes"))
    message = import_folder(config, str(folder), Answers())
    assert message.splitlines()[-1] == "snakemake --cores all --config dataset=my_scenes"
    settings = yaml.safe_load(Path("config/datasets/my_scenes.yaml").read_text())
    assert settings["read"]["key"] == "data/image"
    assert settings["read"]["splits"] == "data/splits/my_scenes.csv"
    stored = store(Config(), "my_scenes")
    assert [stored.scenes("train"), stored.scenes("valid")] == [
        ["scene 0", "scene 1", "scene 2", "scene 3", "scene 5"], ["scene 4"],
    ]  # fmt: skip
    np.testing.assert_array_equal(stored.cube("scene 0"), smooth_cube(70, 72))
    with pytest.raises(ValueError, match=r"my_scenes\.yaml: exists already; choose another name"):
        import_folder(Config(), str(folder), Answers())


def test_counts_are_asked_about_and_answered(config: Config) -> None:
    folder = write_cubes(Path("data/mine"), factor=4095)
    with pytest.raises(ValueError, match=r"look like counts; .*; answer with --maximum VALUE"):
        import_folder(config, str(folder), Answers())
    assert not Path("config/datasets/mine.yaml").exists()
    import_folder(config, str(folder), Answers("counted", 4095))
    assert store(Config(), "counted").cube("scene 0").max() == 1


def test_a_header_of_envi_answers_itself(config: Config) -> None:
    folder = Path("data/envi")
    folder.mkdir()
    for name in "ab":
        counts = (smooth_cube(70, 72) * 10000).astype(np.uint16)
        write_envi(folder, counts, "bil", data=f"{name}.raw", reflectance_scale_factor="10000")
    (folder / "scenes.csv").write_text("Scene;Split\na;train\nb;valid\n")
    import_folder(config, str(folder), Answers())
    settings = yaml.safe_load(Path("config/datasets/envi.yaml").read_text())
    assert settings["read"]["maximum"] == 10000
    assert settings["read"]["splits"] == "scenes.csv"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"other": np.ones((4, 5, 6))}, r"has several cubes \(.*other.*set read.key"),
        ({"data": 1}, "has no array with three axes"),
    ],
)
def test_what_cannot_be_chosen_is_asked(
    config: Config, more: dict[str, object], message: str
) -> None:
    folder = write_cubes(Path("data/mine"), 1, **more)
    with pytest.raises(ValueError, match=message):
        import_folder(config, str(folder), Answers())


def test_an_empty_folder_and_bad_splits_are_told(config: Config) -> None:
    Path("data/empty").mkdir()
    with pytest.raises(ValueError, match="data/empty: has no cube that can be read"):
        import_folder(config, "data/empty", Answers())
    folder = write_cubes(Path("data/mine"), 1)
    (folder / "scenes.csv").write_text("scene,split\nscene 0,vaild\n")
    with pytest.raises(ValueError, match="'vaild', .* did you mean valid"):
        import_folder(config, str(folder), Answers())
    assert not Path("config/datasets/mine.yaml").exists()
