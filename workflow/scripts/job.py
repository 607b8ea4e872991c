"""Opened first by every script: finds the package from any environment and opens the log."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from respectra import gpus, logs

to_file, take_gpus = logs.to_file, gpus.take_gpus
