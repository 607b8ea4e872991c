"""The progress of a training: its state, saved so that it can continue, its history and log."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypedDict

import torch
from torch import Tensor, nn

from respectra.logs import format_duration, log
from respectra.train import checkpoint
from respectra.train.fingerprint import compare_fingerprints


class Best(TypedDict):
    """The best weights of a phase so far."""

    iteration: int
    score: float
    network: dict[str, Any]


@dataclass
class Progress:
    """The state of a training after some iterations.

    Args:
        fingerprint: of the plan, the seed, the initial checkpoint and the data, see
            `compute_fingerprint`.
        iterations: done so far, in all phases.
        history: rows of phase, iteration in the phase, learning rate, mean loss, and, where a phase
            chooses its weights, their score or None.
        hard_scenes: the scenes that the current phase repeats.
        network: state dict.
        optimizer: state dict of the current phase's optimizer.
        scaler: state dict of the current phase's gradient scaler.
        best: the best weights of the current phase, if it chooses them.
        random_state: of PyTorch's generators: `cpu`, and in a list `cuda` that of the GPU in use.
        seconds: that the training took so far, without the time between two sessions.
    """

    fingerprint: str
    iterations: int = 0
    history: list[list[float | None]] = field(default_factory=list)
    hard_scenes: list[str] = field(default_factory=list)
    network: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)
    best: Best | None = None
    random_state: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def load(cls, path: str | Path, fingerprint: str) -> Self:
        """Return the progress of a stopped training with this fingerprint.

        Without such a file, or with a file that is broken or belongs to another training or
        another version of the package, return the progress of a new training.
        """
        if not Path(path).is_file():
            return cls(fingerprint)
        try:
            content = checkpoint.load(path)
        except ValueError as error:
            log.info("the training starts anew: %s", error)
            return cls(fingerprint)
        names = {entry.name for entry in fields(cls)}
        if not names <= set(content):
            log.info("the training starts anew: %s: another version wrote this file", path)
            return cls(fingerprint)
        difference = compare_fingerprints(content["fingerprint"], fingerprint)
        if difference is not None:
            log.info("the training starts anew: %s: %s", path, difference)
            return cls(fingerprint)
        return cls(**{name: content[name] for name in names})

    def save(self, path: str | Path) -> None:
        """Write all fields to a file."""
        checkpoint.save(path, {entry.name: getattr(self, entry.name) for entry in fields(self)})

    def capture(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler
    ) -> None:
        """Take the state of a training, PyTorch's random state included."""
        self.network, self.optimizer = network.state_dict(), optimizer.state_dict()
        self.scaler = scaler.state_dict()
        cuda = [torch.cuda.get_rng_state()] if torch.cuda.is_available() else []
        self.random_state = {"cpu": torch.get_rng_state(), "cuda": cuda}

    def restore(self, network: nn.Module) -> None:
        """Restore the state of a network and of PyTorch's random generators."""
        network.load_state_dict(self.network)
        torch.set_rng_state(self.random_state["cpu"])
        if self.random_state["cuda"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(self.random_state["cuda"][0])


class Recorder:
    """Records a training: its history, its log and the file of its progress.

    Args:
        progress: of the training; `record` updates it.
        path: the file of the progress.
        total: iterations of all phases.
        save_seconds: least time between two saves.
    """

    def __init__(self, progress: Progress, path: Path, total: int, save_seconds: float) -> None:
        self.progress, self.path, self.total = progress, path, total
        self.save_seconds, self.first = save_seconds, progress.iterations
        self.start = self.saved = time.monotonic()
        self.earlier_seconds = progress.seconds

    def record(self, number: int, iteration: int, rate: float, losses: Sequence[Tensor]) -> None:
        """Add a line to the history and log it.

        Args:
            number: of the phase.
            iteration: in the phase, from 1 on.
            rate: the learning rate.
            losses: of the iterations since the last line.

        Raises:
            ValueError: the mean loss is not finite.
        """
        loss = float(torch.stack(list(losses)).mean())
        if not math.isfinite(loss):
            raise ValueError(
                f"the loss is {loss} before iteration {iteration} of phase {number}: "
                "lower the learning rate, or look for zeros in the cubes"
            )
        progress = self.progress
        progress.history.append([number, iteration, rate, loss])
        progress.iterations += len(losses)
        seconds = (time.monotonic() - self.start) / (progress.iterations - self.first)
        left = format_duration(seconds * (self.total - progress.iterations))
        log.info(
            "iteration %d of %d, loss %.4f, %s left", progress.iterations, self.total, loss, left
        )

    def add_score(self, score: float) -> None:
        """Add the score of the weights to the latest line of the history."""
        self.progress.history[-1].append(score)
        log.info("score %.4f", score)

    def count_time(self) -> None:
        """Update the time that the training took so far, in all its sessions."""
        self.progress.seconds = self.earlier_seconds + time.monotonic() - self.start

    def is_save_due(self) -> bool:
        """Return whether the last save was `save_seconds` ago."""
        return time.monotonic() - self.saved >= self.save_seconds

    def save(self) -> None:
        """Write the progress."""
        self.count_time()
        self.progress.save(self.path)
        self.saved = time.monotonic()
