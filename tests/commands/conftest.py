"""The small project, as the current folder."""

from pathlib import Path

import pytest

from respectra.config import Config
from tests.small_project import write_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def config(project: Path) -> Config:
    return Config()
