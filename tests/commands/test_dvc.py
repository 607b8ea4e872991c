import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from respectra.__main__ import main
from respectra.commands.dvc import print_stages
from respectra.config import Config
from tests.conftest import ROOT


def test_the_command_prints_the_file_in_the_repository(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--directory", str(ROOT), "dvc"]) == 0
    assert capsys.readouterr().out == (ROOT / "dvc.yaml").read_text(encoding="utf-8")


def test_the_stages_are_those_of_the_small_project(config: Config) -> None:
    stages = yaml.safe_load(print_stages(config))["stages"]
    assert list(stages) == ["datasets", "train", "score", "tables"]
    assert "respectra/networks/mscnn.py" in stages["train"]["deps"]
    assert "respectra/networks/hprn.py" not in stages["train"]["deps"]


def test_an_import_in_a_network_adds_the_file_to_the_stage(project: Path) -> None:
    """The derivation runs in a copy of the package, so the test edits no file of the repository."""
    copy = project / "respectra"
    shutil.copytree(ROOT / "respectra", copy, ignore=shutil.ignore_patterns("__pycache__"))

    def dependencies(stage: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "respectra", "dvc"], cwd=project, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return yaml.safe_load(done.stdout)["stages"][stage]["deps"]

    (copy / "networks/slopes.py").write_text("SLOPE = 0.2\n")
    assert "respectra/networks/slopes.py" not in dependencies("train")
    network = copy / "networks/mscnn.py"
    text = network.read_text(encoding="utf-8")
    changed = text.replace(
        "        super().__init__()\n",
        "        super().__init__()\n"
        "        from respectra.networks.slopes import SLOPE\n"
        "        self.slope = SLOPE\n",
        1,
    )
    assert changed != text
    network.write_text(changed, encoding="utf-8")
    assert "respectra/networks/slopes.py" in dependencies("train")
    assert "respectra/networks/slopes.py" not in dependencies("datasets")
