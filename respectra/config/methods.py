"""`config/methods/*.yaml`: networks with their recipes, ensembles, fits and controls."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from respectra.config.strict import (
    Batch,
    Count,
    Factor,
    Settings,
    Share,
    Side,
    Size,
    Steps,
    Strict,
    Whole,
)
from respectra.datasets.layout import HELD_OUT

KINDS = ("network", "ensemble", "fit", "control")
Augment = Literal["flip", "rotate", "spin", "relight", "expose", "gain", "simulate"]


class Origin(Strict):
    """Where the authors published their code."""

    code: str
    """Repository, as owner/name."""
    commit: str | None = None
    """The commit that was compared."""
    file: str | None = None
    """The file of the network."""
    licence: str | None = None
    """Licence of that code."""


class RGBInput(Strict):
    """How pixel values become numbers."""

    scale: Literal["unit", "per_image", "max"]
    """`unit`: value / 255. `per_image`: the image's minimum becomes 0 and its maximum 1.
    `max`: value / the image's maximum."""


class SuperpixelInput(Strict):
    """Superpixels at several scales: the semantic prior of HPRN."""

    segments: Annotated[tuple[Annotated[int, Field(gt=0, lt=2**15)], ...], Field(min_length=1)]
    """Number of superpixels at each scale."""
    backend: Literal["fast_slic", "skimage"]
    """The library that computes SLIC."""
    compactness: Factor
    """SLIC's balance between colour and distance."""


class Inputs(Strict):
    """What the network receives."""

    rgb: RGBInput
    """The picture."""
    superpixels: SuperpixelInput | None = None
    """Label maps, if the network takes them."""
    estimate: Settings | None = None
    """A fit (`is: fast:Fast`) whose cube the network receives and improves."""


class HoldOut(Strict):
    """Training scenes that a phase leaves out."""

    share: Share
    """Share of the training scenes."""
    seed: Whole
    """Seed of the draw; the same seed leaves out the same scenes."""


class Choose(Strict):
    """The best weights of a phase, instead of the last."""

    split: str
    """`held_out`, the scenes that `hold_out` leaves out; or a split that no table scores."""
    every: Steps
    """Iterations between two evaluations; a phase has at least ten."""
    by: Literal["mrae", "rmse", "sam"]
    """The metric; the least mean over the scenes is the best."""


class HardScenes(Strict):
    """Training scenes that a phase repeats: those with the greatest loss when it begins."""

    share: Share
    """Share of the training scenes."""
    times: Annotated[int, Field(ge=2, le=1000)]
    """How often a pass contains each of them."""


class Phase(Strict):
    """One phase of a training recipe."""

    loss: dict[str, Factor]
    """Functions of `respectra/losses.py` with their weights, which are positive."""
    optimizer: Settings
    """A class of PyTorch with its arguments (`is: torch.optim:Adam`); `lr` is required."""
    schedule: Settings
    """A function of `respectra/train/schedules.py` with its arguments."""
    iterations: Steps | None = None
    """Steps of the optimiser; or state `epochs`."""
    epochs: Factor | None = None
    """Passes over the training data, which are the same number on every data set: over all patches
    of the grid, or, at random places, over as many patches as training scenes; or state
    `iterations`."""
    patch: Side | Size
    """Rows and columns of a patch: one number for a square, or two."""
    resize: bool = False
    """Whole images, resized bilinearly to the size of a patch, take the place of patches."""
    stride: Side | None = None
    """Distance of patches on a grid, in pixels; null: random places."""
    batch: Batch
    """Patches in a batch."""
    augment: tuple[Augment, ...]
    """`flip`, `rotate` (by quarter turns), `spin` (rgb alone, by any angle, for networks that
    estimate a number for an image), `relight` (a random smooth light), `expose` (a
    random gain), `gain` (of rgb alone, 1/8 to 8, clipped), `simulate` (a new photograph with random
    settings)."""
    precision: Literal["float32", "bfloat16", "float16"]
    """Precision of the forward pass; float16 on a CPU is computed in float32."""
    accumulate: Batch
    """Parts in which a batch is computed; the gradient is that of the whole batch."""
    hold_out: HoldOut | None = None
    """Training scenes that this phase leaves out."""
    choose: Choose | None = None
    """Which weights a phase ends with; null: the last."""
    objective: str = "forward"
    """`forward` compares the reconstruction with the cube; any other method of the network
    returns the two tensors to compare."""
    freeze: tuple[str, ...] = ()
    """Submodules of the network whose parameters do not change."""
    clipping: Literal["clipped", "unclipped"] | None = None
    """Of simulated pictures: only those with, or without, clipped values."""
    hard_scenes: HardScenes | None = None
    """Scenes to repeat."""
    extra_datasets: bool = False
    """Also train on the cubes of the data sets that `extra_datasets` in config.yaml names."""
    cubes: Literal["stored", "unnormalised"] = "stored"
    """`unnormalised` multiplies each cube by the `norm_factor` of its file."""

    @model_validator(mode="after")
    def _has_one_length_and_patches_that_fit(self) -> Self:
        if (self.iterations is None) == (self.epochs is None):
            raise ValueError("iterations: a phase states either iterations or epochs")
        square = isinstance(self.patch, int) or self.patch[0] == self.patch[1]
        if not square and "rotate" in self.augment:
            raise ValueError("patch: a rectangle does not rotate into itself; remove rotate")
        if self.resize and (self.stride is not None or "simulate" in self.augment):
            raise ValueError(
                "resize: whole images have no stride and are not simulated; remove stride and "
                "simulate"
            )
        return self

    @model_validator(mode="after")
    def _chooses_on_scenes_that_it_leaves_out(self) -> Self:
        if self.choose and self.choose.split == "train":
            raise ValueError("choose: split: train: these scenes are trained on; state held_out")
        if self.choose and self.choose.split == HELD_OUT and self.hold_out is None:
            raise ValueError("choose: split: held_out: no scene is held out; add hold_out")
        return self

    @model_validator(mode="after")
    def _extra_cubes_need_simulated_pictures(self) -> Self:
        if self.extra_datasets and "simulate" not in self.augment:
            raise ValueError(
                "extra_datasets: cubes of other data sets have no pictures here; "
                "add simulate to augment"
            )
        if self.clipping and "simulate" not in self.augment:
            raise ValueError(
                f"clipping: {self.clipping}: selects among simulated pictures; "
                "add simulate to augment"
            )
        return self


class Reconstruction(Strict):
    """How a trained network is applied to an image."""

    tile: Side | None = None
    """Rows and columns of a tile; null: the whole image."""
    overlap: Annotated[int, Field(ge=0, le=2**17)] = 0
    """Pixels that neighbouring tiles share."""
    self_ensemble: Literal["none", "flips", "deviation"] = "none"
    """`flips`: the mean over the eight flips and transposes of the image; `deviation`: their
    standard deviation instead of a cube, for tables of uncertainty."""
    maximum: Literal["common"] | None = None
    """`common`: each cube is scaled to the maximum that all training cubes share, if they
    share one."""

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        if self.self_ensemble == "deviation" and self.maximum is not None:
            raise ValueError("maximum: a deviation is no cube and is not scaled; remove it")
        if self.tile is not None and self.overlap >= self.tile:
            raise ValueError(f"overlap: {self.overlap}: must be smaller than tile, {self.tile}")
        return self


class Expect(Strict):
    """Published facts that the contract tests compare the network with."""

    parameters: Count | None = None
    """Number of parameters."""
    idle: Count | None = None
    """How many of these the public code never uses."""
    macs: Annotated[float, Field(gt=0, le=10**18)] | None = None
    """Multiply-accumulates for an image of 256×256 (see `respectra/costs/network.py`)."""
    golden: tuple[str, ...] = ()
    """Recorded outputs of the public network in `tests/networks/golden.json`."""


class Member(Strict):
    """One member of an ensemble."""

    method: str
    """A method or variant."""
    seed: Whole | None = None
    """Seed of its training; null for methods without one."""
    weight: Factor = 1.0
    """Weight in the mean."""


class Method(Strict):
    """A method: a network, an ensemble, a fit or a control."""

    name: str
    title: str
    """Name in tables and figures."""
    paper: str | None = None
    """Key in `docs/references.bib`."""
    origin: Origin | None = None
    """The authors' code."""
    departures: tuple[str, ...] = ()
    """Where this method knowingly differs from the paper, one sentence each."""
    network: Settings | None = None
    """A class of `respectra/networks/` with its arguments."""
    inputs: Inputs | None = None
    """What the network receives."""
    train: tuple[Phase, ...] = ()
    """The recipe: one or more phases."""
    starts_from: str | None = None
    """The method whose trained network this training starts from."""
    trained_on: str | None = None
    """The data set whose training is used on every data set; null: that of the data set itself."""
    plausible: Literal["camera", "observation"] | None = None
    """In a variant, the only change: the reconstructions of the method are changed so that they
    give back their rgb: `camera`, the noise-free one where it is known; `observation`."""
    reconstruct: Reconstruction = Reconstruction()
    """How the network is applied."""
    expect: Expect = Expect()
    """Published facts about the network."""
    ensemble: Settings | None = None
    """A function of `respectra/ensemble.py` with its arguments."""
    members: tuple[Member, ...] = ()
    """The members of the ensemble."""
    fit: Settings | None = None
    """A function of `respectra/fits/` with its arguments."""
    control: Settings | None = None
    """A function of `respectra/controls.py`."""
    listed: bool = True
    """false: only in tables that name it, not in tables of all methods."""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            given = " and ".join(kinds) or "none of them"
            raise ValueError(f"a method has exactly one of {', '.join(KINDS)}, not {given}")
        if self.network is not None and not (self.train and self.inputs):
            raise ValueError("network: a network also needs inputs and train")
        if self.trained_on is not None and self.network is None:
            raise ValueError("trained_on: only networks are trained; remove trained_on")
        if (self.ensemble is not None) != bool(self.members):
            raise ValueError("ensemble: ensemble and members are used together")
        return self

    @model_validator(mode="after")
    def _turns_rgb_alone_only_for_a_number(self) -> Self:
        has_estimate = self.inputs is not None and self.inputs.estimate is not None
        if not has_estimate and any("spin" in phase.augment for phase in self.train):
            raise ValueError(
                "augment: spin: turns rgb and not the cube, so only a network that scales an "
                "estimate can learn from it; use rotate, or state inputs.estimate"
            )
        return self

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)
