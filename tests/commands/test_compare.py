from pathlib import Path

import pytest

from respectra.commands.compare import read_tables
from respectra.config import Config, ConfigError


def test_finished_tables_are_printed(config: Config) -> None:
    with pytest.raises(ConfigError, match="no table of study exists yet"):
        read_tables(config, "study", None)
    for edition in ("full", "demo.photos"):
        path = Path(f"results/tables/study/scores.{edition}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"| a table, {edition} |\n")
    assert read_tables(config, "study", None) == "| a table, full |"
    assert read_tables(config, "study", "demo.photos") == "| a table, demo.photos |"


@pytest.mark.parametrize("edition", ["ful", "full.phots"])
def test_an_unknown_edition_is_refused(config: Config, edition: str) -> None:
    with pytest.raises(ConfigError, match="did you mean (full|photos)"):
        read_tables(config, "study", edition)
