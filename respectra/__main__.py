"""The command line of respectra; no command trains a network."""

import argparse
import io
import os
import re
import sys
from contextlib import chdir
from pathlib import Path

from respectra.commands import (
    compare,
    cost,
    data,
    departures,
    dvc,
    estimate,
    methods,
    reconstruct,
    reference,
    status,
    view,
    weights,
)
from respectra.commands.root import find_root, relate_path
from respectra.config import Config

GROUPS = (
    reconstruct, view, methods, compare, cost, data, weights, estimate, departures, status,
    reference, dvc,
)  # fmt: skip
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # such as a line break, or an escape of a terminal
INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


def main(arguments: list[str] | None = None) -> int:
    """Run one command and print its text.

    Args:
        arguments: those of the command line if None.

    Returns:
        The exit status: 0; 2 after one sentence on standard error; 130 after Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name of a file need not be UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else arguments
    if odd := next((word for word in words if CONTROL.search(word)), None):
        print(f"{odd!a}: has a control character; rename the file", file=sys.stderr)
        return 2
    options = make_parser().parse_args(words)
    try:
        if options.anywhere:  # the command also works outside a project
            print(options.run(Config(), options), flush=True)
            return 0
        root = find_root(Path(options.directory))
        for name in options.paths:
            if (path := getattr(options, name)) is not None:
                setattr(options, name, relate_path(path, root))
        with chdir(root):
            print(options.run(Config(), options), flush=True)
    except BrokenPipeError:
        # The reader closed the pipe (`respectra list | head -1`). Python flushes standard output
        # once more when it exits, which must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return INTERRUPTED
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="respectra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_parser(commands)
    parser.set_defaults(directory=".", paths=(), anywhere=False)
    for place in (parser, *commands.choices.values()):  # before and after the command's name
        place.add_argument(
            "--directory",
            default=argparse.SUPPRESS,
            metavar="DIR",
            help="a folder of the project (default: the current folder)",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
