"""The bands that a person types: `--wavelengths FIRST:LAST:STEP`."""

from respectra.datasets.common_bands import find_unit

MOST_BANDS = 10_000


def read_wavelengths(text: str | None) -> list[float] | None:
    """Read the bands of a command line.

    Args:
        text: `FIRST:LAST:STEP` in nm.

    Returns:
        The centres of the bands, ascending; None for None.

    Raises:
        ValueError: the text is not of this form, or not in nanometres.

    Example:
        >>> read_wavelengths("400:430:10")
        [400.0, 410.0, 420.0, 430.0]
    """
    if text is None:
        return None
    try:
        first, last, step = (float(part) for part in text.split(":"))
        count = round((last - first) / step) + 1
    except (ValueError, ZeroDivisionError, OverflowError):
        first, step, count = 0.0, 0.0, 0
    if not (1 <= count <= MOST_BANDS and step > 0 and first > 0):
        raise ValueError(
            f"--wavelengths: {text}: write FIRST:LAST:STEP in nanometres, such as 400:700:10"
        )
    bands = [first + step * i for i in range(count)]
    if unit := find_unit(bands):
        raise ValueError(f"--wavelengths: {text}: must be in nanometres; {unit}")
    return bands
