"""`respectra compare`: the tables of a paper."""

from pathlib import Path

from respectra.commands import Subparsers
from respectra.config import Config, ConfigError
from respectra.plans.cells import Page
from respectra.plans.editions import chosen_edition, read_edition


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `compare`."""
    parser = commands.add_parser("compare", help="print the tables of a paper, ours / theirs")
    parser.add_argument("paper", help="a name in config/papers")
    parser.add_argument(
        "--edition", help="budget or budget.dataset (default: those of config/config.yaml)"
    )
    parser.set_defaults(
        run=lambda config, arguments: read_tables(config, arguments.paper, arguments.edition)
    )


def read_tables(config: Config, paper: str, edition: str | None) -> str:
    """Return the Markdown of all finished tables of a paper.

    Args:
        config: the tree of YAML files.
        paper: a name in config/papers.
        edition: `budget` or `budget.dataset`; None for that of config/config.yaml.

    Raises:
        ConfigError: the paper or the edition is unknown, or no table is finished.
        ValueError: a table lacks rows or differs from its CSV.
    """
    from respectra.tables.finished import read_lines  # pandas takes long to load

    edition = edition or chosen_edition(config.choices())
    read_edition(config, edition)
    pages = [Page("tables", paper, key, edition) for key in config.paper(paper).tables]
    paths = [Path(page.markdown) for page in pages]
    if not paths:
        raise ConfigError(f"config/papers/{paper}.yaml: has no tables to compare")
    finished = [path for path in paths if path.is_file()]
    if not finished:
        raise ConfigError(
            f"{paths[0]}: no table of {paper} exists yet; `snakemake --cores all` makes the tables"
        )
    for path in finished:
        read_lines(path.with_suffix(".csv"))
    return "\n".join(path.read_text(encoding="utf-8") for path in finished).rstrip()
