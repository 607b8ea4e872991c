"""`respectra weights`: check and convert weights of authors and of runs.

PyTorch is imported when the command runs, so that other commands start fast.
"""

import argparse
from collections.abc import Mapping, Sequence

from respectra.commands import Subparsers
from respectra.config import Config


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `weights`."""
    parser = commands.add_parser(
        "weights", help="check weights of authors or runs, or convert them to and from safetensors"
    )
    parser.add_argument("action", choices=["check", "convert"])
    parser.add_argument(
        "file", help="an authors' file, a run's folder or checkpoint.pt, or safetensors"
    )
    parser.add_argument("--method", required=True, help="the method whose network they are of")
    parser.add_argument(
        "--bands", type=int, default=31,
        help="bands of the cube, if the file does not state them (default: 31)",
    )  # fmt: skip
    parser.add_argument("--key", help="the set of weights, if the file contains several")
    parser.add_argument("--to", help="convert: the file to write")
    parser.add_argument("--half", action="store_true", help="convert: numbers of 16 bits")
    parser.add_argument(
        "--fact", action="append", default=[], metavar="NAME=TEXT",
        help="convert: a fact to state in safetensors, such as camera=srgb",
    )  # fmt: skip
    parser.set_defaults(run=_run, paths=("file", "to"))


def _run(config: Config, arguments: argparse.Namespace) -> str:
    file, method, bands = arguments.file, arguments.method, arguments.bands
    if arguments.action == "check":
        return report_check(config, file, method, bands, key=arguments.key)
    return report_conversion(
        config, file, method, bands, save=arguments.to, key=arguments.key, half=arguments.half,
        facts=read_facts(arguments.fact),
    )  # fmt: skip


def read_facts(texts: Sequence[str]) -> dict[str, str]:
    """Read the facts of a command line.

    Args:
        texts: each `NAME=TEXT`.

    Raises:
        ValueError: a text has no name.

    Example:
        >>> read_facts(["camera=srgb"])
        {'camera': 'srgb'}
    """
    pairs = [text.partition("=") for text in texts]
    for (name, mark, _), text in zip(pairs, texts, strict=True):
        if not name or not mark:
            raise ValueError(f"--fact: {text} is not NAME=TEXT")
    return {name: text for name, _, text in pairs}


def report_check(
    config: Config, file: str, method: str, bands: int, *, key: str | None = None
) -> str:
    """Check weights and return a sentence that says that they fit.

    Args:
        config: the tree of YAML files.
        file: with the weights.
        method: whose network they are of.
        bands: of the cube, if the file does not state them.
        key: of the set of weights, if the file contains several.

    Raises:
        ValueError: the weights do not fit, or the method is unknown.
    """
    from respectra import weights

    return weights.check_weights(file, config.method(method), bands, key=key)


def report_conversion(
    config: Config,
    file: str,
    method: str,
    bands: int,
    *,
    save: str | None,
    key: str | None = None,
    half: bool = False,
    facts: Mapping[str, str] | None = None,
) -> str:
    """Convert weights and return a sentence that names the new file.

    Args:
        config: the tree of YAML files.
        file: the authors' file, a run, or safetensors to convert back.
        method: whose network they are of.
        bands: of the cube, if the file does not state them.
        save: the file to write; None for `file` with another suffix.
        key: of the set of weights, if the file contains several.
        half: store numbers of 16 bits.
        facts: to state in safetensors.

    Raises:
        ValueError: the weights do not fit, the method is unknown, or the new file exists.
    """
    from respectra import weights

    converted = weights.convert_weights(
        file, config.method(method), bands=bands, save=save, key=key, half=half, facts=facts
    )
    return f"{converted}: written from {file}"
