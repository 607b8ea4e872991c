"""Learning rates as functions of the progress of a phase, from 0 to 1.

A schedule depends on no number of iterations, so a smaller budget keeps its shape.
"""

import math
from collections.abc import Sequence

from respectra.arguments import Fraction, NotNegative, Positive, Share


def cosine(rate: float, progress: float, *, final: NotNegative) -> float:
    """Return a rate that falls from `rate` to `final` along half a cosine.

    Args:
        rate: at progress 0.
        progress: of the phase, 0 to 1.
        final: at progress 1.

    Example:
        >>> [round(cosine(4.0e-4, p, final=0.0), 6) for p in (0, 0.5, 1)]
        [0.0004, 0.0002, 0.0]
    """
    return final + (rate - final) * (1 + math.cos(math.pi * progress)) / 2


def polynomial(rate: float, progress: float, *, power: Positive, final: NotNegative = 0.0) -> float:
    """Return a rate that falls from `rate` to `final` with a power of the remaining progress.

    Args:
        rate: at progress 0.
        progress: of the phase, 0 to 1.
        power: of the remaining progress.
        final: at progress 1.

    Example:
        >>> polynomial(1.0, 0.75, power=1.5)
        0.125

    References:
        [wu2023hprn], section IV-A4.
    """
    return final + (rate - final) * (1 - progress) ** power


def steps(rate: float, progress: float, *, at: Sequence[Fraction], factor: Share) -> float:
    """Return a rate that is multiplied by `factor` at each step.

    Args:
        rate: at progress 0.
        progress: of the phase, 0 to 1.
        at: the progress of each step.
        factor: of one step; at most 1, because no schedule raises the rate.

    Example:
        >>> [steps(1.0, p, at=[0.25, 0.5], factor=0.5) for p in (0, 0.25, 0.9)]
        [1.0, 0.5, 0.25]
    """
    return rate * factor ** sum(progress >= step for step in at)


def constant(rate: float, progress: float) -> float:
    """Return the same rate at any progress."""
    del progress
    return rate
