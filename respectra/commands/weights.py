"""`respectra weights`: check and convert weights that authors published.

PyTorch is imported when the command runs, so that other commands start fast.
"""

import argparse

from respectra.commands import Subparsers
from respectra.config import Config


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `weights`."""
    parser = commands.add_parser(
        "weights", help="check authors' weights, or convert them to and from safetensors"
    )
    parser.add_argument("action", choices=["check", "convert"])
    parser.add_argument("file", help="the authors' file (.pth), or safetensors to convert back")
    parser.add_argument("--method", required=True, help="the method whose network they are of")
    parser.add_argument("--bands", type=int, default=31, help="bands of the cube (default: 31)")
    parser.add_argument("--to", help="convert: the file to write")
    parser.set_defaults(run=_run, paths=("file", "to"))


def _run(config: Config, arguments: argparse.Namespace) -> str:
    if arguments.action == "check":
        return report_check(config, arguments.file, arguments.method, arguments.bands)
    return report_conversion(
        config, arguments.file, arguments.method, arguments.bands, save=arguments.to
    )


def report_check(config: Config, file: str, method: str, bands: int) -> str:
    """Check weights and return a sentence that says that they fit.

    Args:
        config: the tree of YAML files.
        file: with the weights.
        method: whose network they are of.
        bands: of the cube.

    Raises:
        ValueError: the weights do not fit, or the method is unknown.
    """
    from respectra import weights

    return weights.check_weights(file, config.method(method), bands)


def report_conversion(
    config: Config, file: str, method: str, bands: int, *, save: str | None
) -> str:
    """Convert weights and return a sentence that names the new file.

    Args:
        config: the tree of YAML files.
        file: the authors' file, or safetensors to convert back.
        method: whose network they are of.
        bands: of the cube.
        save: the file to write; None for `file` with another suffix.

    Raises:
        ValueError: the weights do not fit, the method is unknown, or the new file exists.
    """
    from respectra import weights

    converted = weights.convert_weights(file, config.method(method), bands=bands, save=save)
    return f"{converted}: written from {file}"
