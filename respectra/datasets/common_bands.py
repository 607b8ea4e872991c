"""The bands that two data sets have in common, and the unit of their wavelengths.

Plans are made with this module, so it imports nothing that takes long to load.
"""

from collections.abc import Sequence

SAME_NM = 0.5  # grids whose wavelengths differ by less are the same
ROUNDING_NM = 1e-6
LEAST_BANDS = 4  # three bands hold no more than the three signals of a camera
LEAST_NM = 30.0  # wavelengths that are all below it are micrometres
MOST_NM = 3000.0  # wavelengths that are all above it are Ångström: no camera of RGB sees there


def find_common_bands(trained: Sequence[float], scored: Sequence[float]) -> list[float]:
    """The bands on which spectra of one data set are compared with those of another.

    Two grids with the same wavelengths are compared as they are. Else the bands are those of the
    grid with the greater step, as far as both grids reach, so that only the finer spectra are
    interpolated and nothing is extrapolated; at equal steps they are those of the scored data set.

    Args:
        trained: centres of the bands of the data set that a method is trained on, nm, ascending.
        scored: centres of the bands of the scored data set.

    Returns:
        The centres of the common bands, nm.

    Raises:
        ValueError: the grids have fewer than LEAST_BANDS bands in common.

    Example:
        >>> find_common_bands([400, 410, 420, 430, 440, 450], [415, 420, 425, 430, 435, 440, 445])
        Traceback (most recent call last):
        ValueError: 400 to 450 nm and 415 to 445 nm share 3 bands; at least 4 are needed
        >>> find_common_bands([400, 410, 420, 430, 440], range(405, 465, 5))
        [410.0, 420.0, 430.0, 440.0]
    """
    if is_same_grid(trained, scored):
        return [float(band) for band in trained]
    first = max(trained[0], scored[0]) - ROUNDING_NM
    last = min(trained[-1], scored[-1]) + ROUNDING_NM
    inner = [[float(band) for band in grid if first <= band <= last] for grid in (trained, scored)]
    of_trained, of_scored = inner
    is_coarser = min(map(len, inner)) > 1 and _step(of_trained) > _step(of_scored) + ROUNDING_NM
    common = of_trained if is_coarser else of_scored
    if len(common) < LEAST_BANDS:
        ranges = " and ".join(f"{grid[0]:g} to {grid[-1]:g} nm" for grid in (trained, scored))
        raise ValueError(f"{ranges} share {len(common)} bands; at least {LEAST_BANDS} are needed")
    return common


def is_same_grid(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether two data sets have the same bands.

    Example:
        >>> is_same_grid([400, 410], [400.2, 410]), is_same_grid([400, 410], [400])
        (True, False)
    """
    return len(first) == len(second) and all(
        abs(a - b) <= SAME_NM for a, b in zip(first, second, strict=True)
    )


def describe_bands(bands: Sequence[float]) -> str:
    """The bands in words.

    Example:
        >>> describe_bands([400.0, 410.0, 420.0])
        '3 bands, 400 to 420 nm'
    """
    return f"{len(bands)} bands, {bands[0]:g} to {bands[-1]:g} nm"


def _step(bands: Sequence[float]) -> float:
    return (bands[-1] - bands[0]) / (len(bands) - 1)


def find_unit(wavelengths: Sequence[float]) -> str | None:
    """Return which unit numbers have that cannot be nanometres, and how to convert them.

    Args:
        wavelengths: positive numbers, taken for nanometres.

    Returns:
        The end of a sentence; None if the numbers can be nanometres.

    Example:
        >>> find_unit([0.4, 0.7])
        'they look like micrometres: multiply them by 1000'
        >>> find_unit([4000, 7000]), find_unit([400, 2500])
        ('they look like Ångström: divide them by 10', None)
    """
    if wavelengths and max(wavelengths) < LEAST_NM:
        return "they look like micrometres: multiply them by 1000"
    if wavelengths and min(wavelengths) > MOST_NM:
        return "they look like Ångström: divide them by 10"
    return None
