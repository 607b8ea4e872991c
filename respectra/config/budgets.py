"""`config/budgets/*.yaml`: how much of a recipe is spent."""

import math
from typing import Self

from pydantic import model_validator

from respectra.config.methods import Augment, Phase
from respectra.config.strict import Batch, Few, Share, Side, Steps, Strict


class Budget(Strict):
    """How much of a recipe is spent."""

    name: str
    caption: str
    """What captions of tables and figures say."""
    small: bool
    """Whether networks are replaced by their small versions (`small:` of a method)."""
    verdict: bool = False
    """Whether results on a paper's own data are judged against the published values."""
    share: Share | None = None
    """Share of the iterations of each phase; or state `iterations`."""
    iterations: Steps | None = None
    """Maximum number of iterations of a phase; or state `share`."""
    patch: Side | None = None
    """Maximum rows and columns of a patch."""
    batch: Batch | None = None
    """Maximum number of patches in a batch."""
    augment: tuple[Augment, ...] = ()
    """Augmentations added to those of the recipe."""
    runs: Few | None = None
    """Maximum number of trainings of a classification."""

    @model_validator(mode="after")
    def _states_share_or_iterations(self) -> Self:
        if (self.share is None) == (self.iterations is None):
            raise ValueError("share: a budget states either share or iterations")
        return self

    @model_validator(mode="after")
    def _turns_no_rgb_alone(self) -> Self:
        if "spin" in self.augment:
            raise ValueError(
                "augment: spin: turns rgb and not the cube, which few networks can learn from; "
                "it belongs in the recipe of such a network"
            )
        return self

    def apply(self, phase: Phase) -> Phase:
        """The phase within this budget; the stride shrinks in proportion with the patch."""
        share = self.share or 1.0
        sides = (phase.patch,) if isinstance(phase.patch, int) else phase.patch
        fitted = tuple(min(side, self.patch or side) for side in sides)
        stride = phase.stride and max(1, phase.stride * fitted[0] // sides[0])
        return phase.model_copy(
            update={
                "iterations": self._limit(phase.iterations),
                "epochs": phase.epochs and phase.epochs * share,
                "patch": fitted[0] if isinstance(phase.patch, int) else fitted,
                "stride": stride,
                "batch": min(phase.batch, self.batch or phase.batch),
                "accumulate": phase.accumulate if self.batch is None else 1,
                "augment": (*phase.augment, *(a for a in self.augment if a not in phase.augment)),
            }
        )

    def _limit(self, iterations: int | None) -> int | None:
        """The iterations of a phase within this budget; None if its epochs alone say."""
        if iterations is None:
            return self.iterations
        return min(
            max(1, math.floor(iterations * (self.share or 1.0) + 0.5)),
            self.iterations or iterations,
        )
