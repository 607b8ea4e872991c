from pathlib import Path

import pytest

from respectra.commands.compare import read_tables
from respectra.config import Config, ConfigError
from tests.tables.builders import make_line, write_table


def test_finished_tables_are_printed(config: Config) -> None:
    with pytest.raises(ConfigError, match="no table of study exists yet"):
        read_tables(config, "study", None)
    for edition in ("full", "demo.photos"):
        path = Path(f"results/tables/study/scores.{edition}.csv")
        write_table(path, [make_line(ours="0.5")], caption=f"Table {edition}.")
    rows = "|  | MRAE |\n| --- | --- |\n| HPRN | 0.5 |"
    assert read_tables(config, "study", None) == f"Table full.\n\n{rows}"
    assert read_tables(config, "study", "demo.photos") == f"Table demo.photos.\n\n{rows}"


def test_a_table_that_lacks_a_row_is_not_printed(config: Config) -> None:
    path = Path("results/tables/study/scores.full.csv")
    write_table(path, [make_line(ours="0.5"), make_line(row="AWAN", ours="0.7")])
    markdown = path.with_suffix(".md")
    markdown.write_text("".join(markdown.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match="scores.full.md: does not show the rows and numbers"):
        read_tables(config, "study", None)


@pytest.mark.parametrize("edition", ["ful", "full.phots"])
def test_an_unknown_edition_is_refused(config: Config, edition: str) -> None:
    with pytest.raises(ConfigError, match="did you mean (full|photos)"):
        read_tables(config, "study", edition)
