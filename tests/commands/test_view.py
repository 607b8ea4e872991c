import json
from pathlib import Path

import numpy as np
import pytest

from respectra.__main__ import main
from respectra.camera.observe import photograph_dataset
from respectra.commands.view import view_runs
from respectra.config import Config
from respectra.datasets.scenes import store_dataset
from respectra.plans.cells import Cell
from respectra.plans.cells import Data as Files
from respectra.reconstructions import write_reconstructions
from tests.conftest import WAVELENGTHS, camera_plan, dataset_plan, smooth_cube, write_folder


@pytest.fixture
def cube(project: Path) -> Path:
    path = project / "data/cube.npy"
    np.save(path, np.moveaxis(smooth_cube(12, 16), 0, -1))
    path.with_suffix(".json").write_text(json.dumps({"wavelengths_nm": WAVELENGTHS}))
    return path


@pytest.fixture
def run(project: Path) -> Cell:
    """A finished run of `linear` on the data set `photos`, with a scene to show."""
    files, cell = Files("photos"), Cell("photos", "linear", "demo", "valid")
    folder = write_folder(project / "cubes", {"a": "train", "b": "valid"})
    store_dataset(
        plan=dataset_plan(folder), save_scenes=files.scenes, save_cubes=files.cubes,
        save_wavelengths=Path(files.scenes).with_name("wavelengths.csv"),
    )  # fmt: skip
    photograph_dataset(
        plan=camera_plan(), scenes=files.scenes, save_observations=files.observations,
        save_response=files.response, save_scenes=files.pictures,
    )  # fmt: skip
    with write_reconstructions(cell.reconstructions, WAVELENGTHS) as write:
        write("b", smooth_cube(40, 48))
    Path(cell.scores).parent.mkdir(parents=True)
    Path(cell.scores).write_text("scene,region,mrae\nb,full,0.1\nb,crop,0.1\n")
    return cell


def test_a_cube_becomes_a_page_where_the_user_is(
    project: Path, cube: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(cube.parent)
    assert main(["view", "cube.npy"]) == 0
    assert (cube.parent / "view.html").is_file()
    assert capsys.readouterr().out.startswith("view.html: 1 scene, ")
    assert main(["view", "cube.npy", "--truth", "cube.npy", "-o", "page.html"]) == 0
    assert "cube, whole image" in Path("page.html").read_text(encoding="utf-8")


def test_a_run_becomes_a_page(project: Path, run: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "photos/linear/demo", "--precision", "half"]) == 0
    assert "Values are in half precision" in capsys.readouterr().out
    assert main(["view", run.reconstructions, "--scenes", "b"]) == 0
    assert "Reconstructions of split valid." in Path("view.html").read_text(encoding="utf-8")


def test_members_that_were_removed_leave_a_note(config: Config, run: Cell) -> None:
    ensemble = Cell("photos", "pair", "demo", "valid")
    Path(ensemble.reconstructions).parent.mkdir(parents=True)
    Path(run.reconstructions).rename(ensemble.reconstructions)
    text = view_runs(config, ["photos/pair/demo"], "view.html", "1")
    file = "results/reconstruct/photos/net/demo-seed0/valid.h5"
    assert text.splitlines()[1] == (
        f"Pair: no spread is shown, because {file} is missing; "
        f"`snakemake --cores all -- {file}` makes it"
    )


def test_reconstructions_that_were_removed_can_be_made_again(config: Config, run: Cell) -> None:
    Path(run.reconstructions).unlink()
    with pytest.raises(ValueError, match="was removed after scoring, because keep_reconstructions"):
        view_runs(config, ["photos/linear/demo"], "view.html", "1")
    Path(run.scores).unlink()
    with pytest.raises(ValueError, match=r"valid\.h5: does not exist; `snakemake --cores all"):
        view_runs(config, ["photos/linear/demo"], "view.html", "1")


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["photos/liner/demo"], "config/methods: liner is no method; did you mean linear?"),
        (["nowhere.npy"], "nowhere.npy: "),
        (["data/cube.npy", "photos/linear/demo"], "photos/linear/demo: is no file of a cube; a page shows cubes or runs, not both"),
        (["photo.png"], "photo.png: is neither a file of a cube nor a run; name a run as"),
        (["data/cube.npy", "--wavelengths", "400-700"], "--wavelengths: 400-700: write FIRST:LAST:STEP"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(
    project: Path, cube: Path, capsys: pytest.CaptureFixture[str], items: list[str], message: str
) -> None:
    assert main(["view", *items]) == 2
    error = capsys.readouterr().err
    assert error.startswith(message)
    assert error.count("\n") == 1
    assert not Path("view.html").exists()


def test_a_run_without_metamers_says_how_to_make_them(project: Path, run: Cell) -> None:
    (project / "config/conditions").mkdir(exist_ok=True)
    metamer = project / "config/conditions/metamer.yaml"
    metamer.write_text("{title: metamer, metamer: true}\n")
    text = view_runs(Config(), [run.reconstructions], "page.html", "b")
    manifest = "results/conditions/photos/valid.metamer/scenes.csv"
    assert f"no metamers are shown, because {manifest} is missing" in text
    place = Files.of_split("photos", "valid.metamer")
    store_dataset(
        plan=dataset_plan(project / "cubes"), save_scenes=place.scenes, save_cubes=place.cubes,
        save_wavelengths=Path(place.scenes).with_name("wavelengths.csv"),
    )  # fmt: skip
    assert "metamers" not in view_runs(Config(), [run.reconstructions], "page.html", "b")
    assert "metamer of the truth" in Path("page.html").read_text(encoding="utf-8")
