from pathlib import Path

import pytest

from respectra.commands.estimate import estimate_camera
from respectra.config import Config, ConfigError
from tests.conftest import Data, write_folder


def test_missing_cubes_are_named_with_the_command_that_makes_them(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"snakemake --cores all results/datasets/photos/scenes"):
        estimate_camera(config, "photos", None)


@pytest.fixture
def photographed(config: Config) -> Config:
    """The small project with stored cubes and pictures of `photos`."""
    data = Data(Path("made"), write_folder(Path("cubes"), {"a": "train", "b": "valid"}))
    Path("results/camera/photos").mkdir(parents=True)
    Path("results/datasets").mkdir()
    Path("results/datasets/photos").symlink_to(data.scenes.parent.resolve())
    return config


def test_missing_pictures_are_named(photographed: Config) -> None:
    with pytest.raises(ConfigError, match=r"rgb/{scene}\.jpg: there is no picture of any scene"):
        estimate_camera(photographed, "photos", "rgb/{scene}.jpg")


def test_pictures_of_stored_cubes_give_an_estimate(
    photographed: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("results/camera/photos/observations").symlink_to(
        Path("made/camera/observations").resolve()
    )
    scenes: list[str] = []

    def list_scenes(cubes: dict[str, object], files: dict[str, Path], *_: object) -> str:
        scenes.extend(cubes)
        assert all(path.is_file() for path in files.values())
        return "750 electrons"

    monkeypatch.setattr("respectra.camera.estimate.estimate_electrons", list_scenes)
    assert estimate_camera(photographed, "photos", None) == "750 electrons"
    assert scenes == ["a", "b"]
