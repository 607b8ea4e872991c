"""`respectra reference`: the generated reference of the configuration."""

from respectra.commands import Subparsers
from respectra.config import Config
from respectra.config.reference import write_reference, write_schema


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `reference`."""
    parser = commands.add_parser("reference", help="print docs/configuration.md")
    parser.add_argument(
        "--schema", action="store_true", help="print config/schema.json, for editors"
    )
    parser.set_defaults(run=lambda config, arguments: print_reference(config, arguments.schema))


def print_reference(config: Config, schema: bool) -> str:
    """Return the page of the configuration, or its JSON schema."""
    del config  # the reference is that of the models, not of the files
    return (write_schema() if schema else write_reference()).rstrip("\n")
