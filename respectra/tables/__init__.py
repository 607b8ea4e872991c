"""Tables: our numbers next to the published ones, with a verdict.

Rows, columns and metrics are joined on the labels that the paper prints. Published values are read
from `published/`, ours from the files of scores; no number is typed in code. A missing number is
shown as missing.
"""

from respectra.tables.summary import make_metrics
from respectra.tables.table import make_table

__all__ = ["make_metrics", "make_table"]
