from respectra.commands.departures import list_departures
from respectra.config import Config
from tests.conftest import ROOT


def test_departures_are_listed_below_the_title_of_their_file(config: Config) -> None:
    text = list_departures(config)
    assert "## Net (`config/methods/net.yaml`)\n\n* Its patches are smaller." in text
    assert "Other" not in text  # it has no departures


def test_the_page_in_docs_is_the_output_of_the_command() -> None:
    page = (ROOT / "docs/departures.md").read_text(encoding="utf-8")
    assert page == list_departures(Config(ROOT)) + "\n"
