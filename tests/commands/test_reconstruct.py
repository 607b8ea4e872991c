import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from respectra import cube_files
from respectra.__main__ import main
from respectra.commands.reconstruct import choose_targets
from respectra.pretrained import catalogue
from tests.conftest import ROOT
from tests.test_model import write_run

RGB = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside any project with weights and two photos."""
    write_run(tmp_path / "run")
    Image.fromarray(RGB).save(tmp_path / "a.png")
    Image.fromarray(RGB[..., 0]).save(tmp_path / "b.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> int:
    return main(["reconstruct", *words, "--weights", "run", "--device", "cpu"])


def test_photos_become_cubes_outside_any_project(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("a.png", "b.png", "-f", "npy,envi") == 0
    output = capsys.readouterr()
    assert output.out.count("\n") == 2
    assert "a.png: 40×50 pixels, 31 bands" in output.out
    assert output.err == "b.png: it is grey, so its spectra rest on brightness alone\n"
    assert np.load("reconstructed/a.npy").shape == (40, 50, 31)
    facts = json.loads((folder / "reconstructed/b.json").read_text())
    assert facts["photo"] == "b.png"
    assert facts["notes"] == ["it is grey, so its spectra rest on brightness alone"]
    assert len(facts["weights_sha256"]) == 64
    assert not list(folder.glob("reconstructed/.*"))


def test_finished_photos_are_skipped_until_something_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def modified() -> int:
        return (folder / "reconstructed/a.npy").stat().st_mtime_ns

    assert run("a.png") == 0
    first = modified()
    assert run("a.png") == 0
    assert "a.png: is finished" in capsys.readouterr().out
    assert modified() == first
    assert run("a.png", "--overwrite") == 0
    second = modified()
    assert second > first
    Image.fromarray(RGB[::-1]).save(folder / "a.png")
    assert run("a.png") == 0
    assert modified() > second


def test_a_bad_photo_does_not_stop_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.jpg").write_bytes(b"<html>")
    assert run("bad.jpg", "none.jpg", "a.png") == 2
    output = capsys.readouterr()
    assert output.err.splitlines() == [
        "bad.jpg: cannot be read as a picture: the format is unknown, it is a web page; download "
        "the file itself, not the page that links to it",
        "none.jpg: there is no such photo",
        "2 of 3 photos were not reconstructed",
    ]
    assert "a.png: 40×50" in output.out
    assert run("none.jpg") == 2
    assert capsys.readouterr().err == "none.jpg: there is no such photo\n"


def test_a_file_as_output_names_its_format(folder: Path) -> None:
    assert run("a.png", "-o", "here/cube.mat") == 0
    assert sorted(path.name for path in (folder / "here").iterdir()) == ["cube.json", "cube.mat"]


@pytest.mark.parametrize(
    ("photos", "output", "formats", "message"),
    [
        (["a.png"], "o", "npy,jpg", "--format: jpg is unknown; known are npy, mat, envi"),
        (["a.png"], "o", "envi,envi-bsq", "have the same header"),
        (["a.png", "b.png"], "o.mat", None, "is one file for 2 photos; name a folder"),
        (["x/a.png", "y/a.jpg"], "o", None, "x/a.png and y/a.jpg: would both be written to o/a"),
    ],
)
def test_products_that_cannot_be_are_refused(
    photos: list[str], output: str, formats: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        choose_targets([Path(photo) for photo in photos], output, formats)


@pytest.mark.parametrize("photo", ["..png", "...png", "sub/....jpg", "."])
def test_a_photo_without_a_name_has_no_cube(photo: str) -> None:
    """Its cube would be written beside the folder of cubes, or above it."""
    with pytest.raises(ValueError, match="has no name before its ending; rename it"):
        choose_targets([Path("a.png"), Path(photo)], "out", None)


def test_a_photo_is_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(RGB).save(folder / "c.tif")
    assert run("c.tif", "-o", ".", "-f", "tiff") == 2
    assert "c.tif: is the photo itself; choose another folder" in capsys.readouterr().err
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "c.tif")), RGB)


def test_weights_that_do_not_exist_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    (folder / "mst_plus_plus.srgb.safetensors").touch()
    for words, message in [
        (["--weights", "none.pth"], "none.pth: there is no such file of weights"),
        (["--weights", "nowhere"], "nowhere: is no file, and no camera"),
        (["--method", "hprn"], "hprn: the package has no weights of this method"),
        (["--memory", "0"], "--memory: 0 is not above 0"),
    ]:
        assert main(["reconstruct", "a.png", *words]) == 2
        assert message in capsys.readouterr().err


def test_an_interruption_keeps_what_is_finished_and_exits_with_130(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_facts = cube_files.write_facts

    def interrupt(stem: Path, *arguments: Any) -> None:
        if stem.name == "b":
            raise KeyboardInterrupt
        write_facts(stem, *arguments)

    monkeypatch.setattr(cube_files, "write_facts", interrupt)
    assert run("a.png", "b.png") == 130
    assert "interrupted; 1 of 2 photos are finished" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert run("a.png", "b.png") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "is finished" in lines[0]
    assert "40×50 pixels" in lines[1]


def test_a_signal_ends_the_command_with_130_and_no_traceback(folder: Path) -> None:
    large = np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), dtype=np.uint8)
    Image.fromarray(large).save(folder / "large.bmp")
    command = [sys.executable, "-m", "respectra", "reconstruct", "a.png", "large.bmp"]
    process = subprocess.Popen(
        [*command, "--weights", "run", "--device", "cpu", "-f", "npy"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job of `nohup` ignores it
    )  # fmt: skip
    while not (folder / "reconstructed/a.json").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.startswith("interrupted; 1 of 2 photos are finished")
    assert not (folder / "reconstructed/large.npy").exists()
