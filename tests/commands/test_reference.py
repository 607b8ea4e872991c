import json
from pathlib import Path

import pytest

from respectra.__main__ import main
from respectra.commands.reference import print_reference
from respectra.config import Config
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("options", "path"),
    [([], "docs/configuration.md"), (["--schema"], "config/schema.json")],
)
def test_the_command_prints_the_file_in_the_repository(
    options: list[str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--directory", str(ROOT), "reference", *options]) == 0
    assert capsys.readouterr().out == (ROOT / path).read_text(encoding="utf-8")


def test_the_reference_does_not_depend_on_the_files(config: Config, project: Path) -> None:
    assert print_reference(config, False) == print_reference(Config(ROOT), False)
    assert json.loads(print_reference(config, True))["$defs"]["Method"]["type"] == "object"
