"""The best weights of a phase, chosen by a metric on scenes that it is not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from respectra.build import function
from respectra.datasets.layout import HELD_OUT
from respectra.device import autocast, choose_precision
from respectra.logs import log
from respectra.plan_types import RunPhase
from respectra.train.objective import freeze_parts
from respectra.train.progress import Best, Progress
from respectra.train.run import Run

EVALUATIONS = 10  # the least number in a phase


@dataclass(frozen=True)
class Choice:
    """Chooses the best weights of a phase.

    Args:
        run: the network and its data.
        phase: its `choose` says on which scenes, how often and by which metric.
        scene_names: the scenes; none: the last weights are used.
    """

    run: Run
    phase: RunPhase
    scene_names: Sequence[str]

    @property
    def interval(self) -> int:
        """Iterations between two evaluations."""
        assert self.phase["choose"] is not None
        return min(self.phase["choose"]["every"], max(1, self.phase["iterations"] // EVALUATIONS))

    def is_due(self, iteration: int) -> bool:
        """Return whether the weights are evaluated after an iteration of the phase."""
        is_last = iteration == self.phase["iterations"]
        return bool(self.scene_names) and (is_last or iteration % self.interval == 0)

    def evaluate(self) -> float:
        """Return the mean of the metric over the scenes, and leave the network as it was."""
        run, choose = self.run, self.phase["choose"]
        assert choose is not None
        metric = function("metric", choose["by"])
        precision = choose_precision(self.phase["precision"], run.device)
        run.network.eval()
        scores: dict[str, float] = {}
        with torch.inference_mode(), autocast(precision, run.device):
            for scene in run.processes.share(self.scene_names):
                images = {
                    name: torch.from_numpy(image)[None].to(run.device)
                    for name, image in run.assembler.assemble_image(scene).items()
                }
                cube = run.network(**images)[0].float().cpu().numpy()
                scores[scene] = metric(cube, run.store.cube(scene))
        freeze_parts(run.network, self.phase["freeze"])
        return sum(run.processes.gather(scores, self.scene_names).values()) / len(self.scene_names)

    def update(self, progress: Progress, iteration: int) -> float:
        """Evaluate the weights, keep them if they are the best, and return their score.

        After the last iteration, the network gets the best weights.

        Args:
            progress: holds the best weights so far; changed in place.
            iteration: of the phase.
        """
        score = self.evaluate()
        # Written so that a score that is not a number never replaces another.
        if not progress.best or score < progress.best["score"]:
            progress.best = Best(
                iteration=iteration, score=score, network=_copy(self.run.network.state_dict())
            )
        if iteration == self.phase["iterations"]:
            assert self.phase["choose"] is not None
            self.run.network.load_state_dict(progress.best["network"])
            log.info(
                "the weights of iteration %d are the best by %s: %.4f, the last have %.4f",
                progress.best["iteration"], self.phase["choose"]["by"], progress.best["score"],
                score,
            )  # fmt: skip
        return score


def prepare_choice(run: Run, phase: RunPhase, trained_on: Sequence[str]) -> Choice | None:
    """Return the choice of a phase; None if it ends with the last weights.

    Args:
        run: the network and its data.
        phase: with or without `choose`.
        trained_on: the scenes of the phase.

    Raises:
        ValueError: the split does not exist.
    """
    if phase["choose"] is None:
        return None
    if phase["choose"]["split"] == HELD_OUT:
        scene_names = [name for name in run.store.scenes("train") if name not in set(trained_on)]
    else:
        scene_names = run.store.scenes(phase["choose"]["split"])
    if not scene_names:
        log.info("no scene can be held out, so the last weights are used")
    return Choice(run, phase, scene_names)


def describe_choice(
    phases: Sequence[RunPhase], progress: Progress, earlier: Mapping[str, Any] | None = None
) -> Mapping[str, Any] | None:
    """Return on which split and by which metric weights were chosen; None if they are the last.

    A split that an earlier phase or training chose on counts too, because the weights depend on
    it; held-out training scenes are never scored, so only those of the last phase are named.

    Args:
        phases: of the training.
        progress: at its end.
        earlier: the choice of the training that this one started from.
    """
    choices = [phase["choose"] for phase in phases if phase["choose"] is not None]
    named = [choose for choose in choices if choose["split"] != HELD_OUT]
    if named:
        return {"split": named[-1]["split"], "by": named[-1]["by"]}
    if earlier is not None and earlier["split"] != HELD_OUT:
        return earlier
    choose = phases[-1]["choose"]
    if choose is None or progress.best is None:
        return None
    return {"split": choose["split"], "by": choose["by"]}


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
