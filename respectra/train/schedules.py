"""Learning rates as functions of progress, 0 to 1, so that a budget scales them too."""

import math
from collections.abc import Sequence


def cosine(rate: float, progress: float, *, final: float) -> float:
    """Half a cosine from `rate` to `final`.

    Example:
        >>> [round(cosine(4.0e-4, p, final=0.0), 6) for p in (0, 0.5, 1)]
        [0.0004, 0.0002, 0.0]
    """
    return final + (rate - final) * (1 + math.cos(math.pi * progress)) / 2


def polynomial(rate: float, progress: float, *, power: float, final: float = 0.0) -> float:
    """From `rate` to `final` as the rest of the way to a power.

    Example:
        >>> polynomial(1.0, 0.75, power=1.5)
        0.125

    References:
        [wu2023hprn], section IV-A4.
    """
    return final + (rate - final) * (1 - progress) ** power


def steps(rate: float, progress: float, *, at: Sequence[float], factor: float) -> float:
    """`rate` times `factor` for every step already reached.

    Example:
        >>> [steps(1.0, p, at=[0.25, 0.5], factor=0.5) for p in (0, 0.25, 0.9)]
        [1.0, 0.5, 0.25]
    """
    return rate * factor ** sum(progress >= step for step in at)


def constant(rate: float, progress: float) -> float:
    """The same rate all along."""
    del progress
    return rate
