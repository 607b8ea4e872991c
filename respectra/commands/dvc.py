"""`respectra dvc`: the stages of DVC, derived from the plans."""

from respectra.commands import Subparsers
from respectra.config import Config
from respectra.plans.stages import write_stages


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `dvc`."""
    parser = commands.add_parser("dvc", help="print dvc.yaml, derived from the plans")
    parser.set_defaults(run=lambda config, arguments: print_stages(config))


def print_stages(config: Config) -> str:
    """Return the text of `dvc.yaml`."""
    return write_stages(config, config.choices()).rstrip("\n")
