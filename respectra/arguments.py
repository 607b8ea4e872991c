"""Names for ranges of arguments, checked while the workflow is planned.

A function or class that a YAML file names with `is:` annotates its arguments with these. For type
checkers they are plain numbers; `respectra.signatures` reads the annotation from the source,
without importing the module, and refuses values outside the range.
"""

Count = int  # 1 to 10^9
Repeats = int  # 1 to 10^6
Few = int  # 1 to 100
Whole = int  # at least 0
Positive = float  # above 0, up to 10^9
NotNegative = float  # 0 to 10^9
Share = float  # above 0, up to 1
Rate = float  # above 0, up to 1000
Fraction = float  # 0 to 1
Bits = int  # 1 to 8
Quality = int  # 1 to 100
