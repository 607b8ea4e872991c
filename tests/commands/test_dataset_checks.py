import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from respectra.commands.dataset_checks import check_dataset, prepare_dataset
from respectra.config import Config
from tests.conftest import ROOT
from tests.small_project import write_project

SPLITS = {"a": "train", "b": "train", "c": "valid"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The small project with a folder for a data set `mine`."""
    small = write_project(tmp_path)
    (tmp_path / "data/mine").mkdir()
    return small


def write(config: Config, splits: dict[str, str], **changes: Any) -> Config:
    """Write the data set `mine`; dotted keys of `changes` change its YAML or its files."""
    folder = config.root / "data/mine"
    size, bands = changes.pop("pixels", (100, 120)), changes.pop("bands", np.linspace(400, 700, 31))
    for scene in splits:
        cube = np.zeros((*size, len(bands)), np.float32)
        np.savez(folder / f"{scene}.npz", cube=cube, wavelengths=bands)
    with open(folder / "scenes.csv", "w", newline="") as file:
        csv.writer(file).writerows([("scene", "split"), *splits.items()])
    settings = {
        "title": "Mine", "quantity": "radiance", "splits": ["train", "valid"], "crop": 16,
        "camera": config.names("cameras")[0],
        "read": {"is": "folder:read", "folder": str(folder), "splits": "scenes.csv"},
    }  # fmt: skip
    for key, value in changes.items():
        block = settings["read"] if key.startswith("read_") else settings
        block[key.removeprefix("read_")] = value
    (config.root / "config/datasets/mine.yaml").write_text(yaml.safe_dump(settings))
    return Config(config.root)


def check(config: Config, **choices: Any) -> list[str]:
    chosen = config.choices().model_copy(update={"dataset": "mine", **choices})
    return check_dataset(config, "mine", chosen)


def test_a_sound_data_set_passes_and_empty_splits_are_told(config: Config) -> None:
    assert check(write(config, SPLITS)) == []
    (sentence,) = check(write(config, {"a": "train", "b": "unused", "c": "unused"}))
    assert "no scene is in the split valid of mine" in sentence


@pytest.mark.parametrize("split", ["vaild", "Train", "../x", "held_out", "val"])
def test_a_split_that_the_data_set_has_not_is_named(config: Config, split: str) -> None:
    config = write(config, {**SPLITS, "c": split})
    with pytest.raises(
        ValueError, match=rf"scenes\.csv: c is in the split '{split}', .*; did you|known"
    ):
        check(config)


def test_spaces_around_a_split_do_not_matter(config: Config) -> None:
    assert check(write(config, {**SPLITS, "c": " valid "})) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pixels": (42, 60)}, r"c\.npz: has 42×60 pixels; without crop: 16 .* set crop: 15 or less"),
        ({"pixels": (5, 60), "crop": 0}, r"c\.npz: has 5×60 pixels; .*; use larger scenes in"),
        ({"size": [100, 121]}, r"a\.npz: has 100×120 pixels, .* states size: 100×121"),
        ({"pixels": (60, 120)}, r"a\.npz: has 60×120 pixels, but net is trained on patches of 64×64"),
        ({"read_key": "rad"}, r"a\.npz: has no variable rad; .* set read.key: cube"),
        ({"bands": np.full(31, 550.0)}, r"a\.npz: has the wavelength 550 more than once"),
        ({"bands": np.linspace(400, 2000, 31)}, "covers .* nm, but the bands cover 400 to 2000 nm"),
        ({"bands": np.arange(31)}, r"a\.npz: states no wavelengths; set wavelengths_nm"),
        ({"wavelengths_nm": {"first": 400, "last": 700, "step": 100}}, "but 4 wavelengths are stated"),
        ({"read_leave_out_bands": [401]}, r"a\.npz: has no band 401 to leave out"),
    ],
)  # fmt: skip
def test_what_would_fail_later_is_told_first(
    config: Config, changes: dict[str, Any], message: str
) -> None:
    config = write(config, SPLITS, **changes)
    methods = ("net",) if "net" in message else ("linear",)
    with pytest.raises(ValueError, match=message):
        check(config, methods=methods, budget="full")


def test_left_out_bands_need_no_camera(config: Config) -> None:
    bands = np.linspace(400, 2000, 161)
    config = write(config, SPLITS, bands=bands, read_leave_out_bands=[[701, 3000]])
    assert check(config, methods=("linear",)) == []


def test_scenes_of_different_bands_and_files_in_no_split_are_told(config: Config) -> None:
    config = write(config, SPLITS)
    folder = config.root / "data/mine"
    np.savez(folder / "b.npz", cube=np.zeros((100, 120, 30)), bands=np.linspace(400, 690, 30))
    with pytest.raises(ValueError, match=r"b\.npz: has 30 bands from 400 to 690 nm, a has 31"):
        check(config)
    np.savez(folder / "d.npz", cube=np.zeros((100, 120, 31)))
    with pytest.raises(ValueError, match=r"scenes\.csv: does not list d"):
        check(config)
    for path in folder.glob("*.npz"):
        path.unlink()
    with pytest.raises(ValueError, match=r"scenes\.csv: lists a, b, c, but"):
        check(config)


def test_a_folder_of_pictures_of_bands_has_a_size(config: Config) -> None:
    from PIL import Image

    config = write(config, {}, wavelengths_nm={"first": 400, "last": 700, "step": 10})
    folder = config.root / "data/mine"
    for band in range(31):
        (folder / "a_ms").mkdir(exist_ok=True)
        Image.fromarray(np.ones((12, 60), np.uint16)).save(folder / f"a_ms/a_ms_{band + 1:02d}.png")
    (folder / "scenes.csv").write_text("scene,split\na_ms,valid\n")
    with pytest.raises(ValueError, match="a_ms: has 12×60 pixels; without crop: 16"):
        check(config)


def test_a_process_checks_a_data_set_once(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("respectra.commands.dataset_checks._CHECKED", set())
    config, sentences = write(config, {"a": "train"}), list[str]()
    choices = config.choices().model_copy(update={"dataset": "mine", "methods": ("linear",)})
    for _ in range(2):
        assert prepare_dataset(config, "mine", choices, sentences.append) is None
    assert len(sentences) == 1
    assert prepare_dataset(config, "mine", choices, None) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("envi_bil", r"c\.hdr: has 24×22 pixels; without crop: 16"),
        ("split_val", r"scenes\.csv: c is in the split 'val', .*; did you mean valid\?"),
        ("micrometres", None), ("table_semicolon", None), ("uint16", None), ("nan_band", None),
    ],
)  # fmt: skip
def test_folders_as_people_have_them(name: str, message: str | None, shared: Path) -> None:
    config = Config(ROOT)
    folder = str(shared / "data/field" / name)
    choices = config.choices().model_copy(update={"dataset": "folder", "folder": folder})
    if message is None:
        assert check_dataset(config, "folder", choices) == []
    else:
        with pytest.raises(ValueError, match=message):
            check_dataset(config, "folder", choices)
