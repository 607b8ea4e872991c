from pathlib import Path

import pytest

from respectra.commands.root import find_root, relate_path


def test_the_root_is_found_from_every_folder_of_the_project(project: Path) -> None:
    inner = project / "config/methods"
    assert find_root(project) == project
    assert find_root(inner) == project


def test_a_folder_without_both_markers_is_no_root(project: Path) -> None:
    inner = project / "data/config"
    inner.mkdir()
    (inner / "config.yaml").touch()
    assert find_root(project / "data") == project
    (project / "Snakefile").unlink()
    with pytest.raises(ValueError, match="neither this folder nor one above it holds config/"):
        find_root(project)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: no such folder"):
        find_root(tmp_path / "nowhere")


def test_paths_of_the_user_are_kept_when_the_command_moves_to_the_root(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relate_path("data/x.pth", project) == "data/x.pth"
    monkeypatch.chdir(project / "data")
    assert relate_path("x.pth", project) == "data/x.pth"
    assert relate_path("../x.pth", project) == "x.pth"
    assert relate_path("../../x.pth", project) == str(project.parent / "x.pth")
    assert relate_path("rgb/{scene}.jpg", project) == "data/rgb/{scene}.jpg"
