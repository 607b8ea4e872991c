"""Names for ranges of arguments, checked while the workflow is planned.

A function or class that a YAML file names with `is:` annotates its arguments with these. For type
checkers they are plain numbers; `respectra.build.check` reads the annotation from the source,
without importing the module, and refuses values outside the range.
"""

from annotated_types import Interval

Count = int  # at least 1
Whole = int  # at least 0
Positive = float  # above 0
NotNegative = float  # at least 0
Fraction = float  # 0 to 1

RANGES: dict[str, tuple[type, Interval]] = {
    "Count": (int, Interval(ge=1)),
    "Whole": (int, Interval(ge=0)),
    "Positive": (float, Interval(gt=0)),
    "NotNegative": (float, Interval(ge=0)),
    "Fraction": (float, Interval(ge=0, le=1)),
}
