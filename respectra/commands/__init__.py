"""The commands of `respectra`, one module per group.

`add_parser` of a module adds its parser, whose default `run` takes the configuration and the
parsed arguments and returns the text to print. Its default `paths` names the arguments that are
files of the user. Commands run in the root of the project.
"""

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
