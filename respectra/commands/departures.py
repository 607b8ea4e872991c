"""`respectra departures`: the page of known differences from the papers."""

from collections.abc import Iterator

from respectra.commands import Subparsers
from respectra.config import Camera, Config, Dataset, Method, Paper


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `departures`."""
    parser = commands.add_parser(
        "departures", help="print docs/departures.md: known differences from the papers"
    )
    parser.set_defaults(run=lambda config, arguments: list_departures(config))


def list_departures(config: Config) -> str:
    """Return the page as Markdown, a section per paper, method, camera and data set."""
    lines = [
        "# Departures",
        "",
        "Every place where this project knowingly differs from a paper. The page is written from",
        "the `departures:` of the YAML files by `respectra departures > docs/departures.md`.",
    ]
    for path, entry in _read_entries(config):
        if entry.departures:
            lines += ["", f"## {entry.title} (`{path}`)", ""]
            lines += [f"* {departure}" for departure in entry.departures]
    return "\n".join(lines)


def _read_entries(config: Config) -> Iterator[tuple[str, Paper | Method | Camera | Dataset]]:
    """Every file that may have departures, with its path."""
    for name in config.names("papers"):
        yield f"config/papers/{name}.yaml", config.paper(name)
    for name in config.methods:
        yield f"config/methods/{name}.yaml", config.method(name)
    for name in config.names("cameras"):
        yield f"config/cameras/{name}.yaml", config.camera(name)
    for name in config.names("datasets"):
        yield f"config/datasets/{name}.yaml", config.dataset(name)
