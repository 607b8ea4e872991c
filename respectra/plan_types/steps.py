"""Plans of the steps from a data set to its scores, and of a submission."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, final

Settings = Mapping[str, Any]  # a block `{is: module:Name, …}`: what to build, with its arguments


class FloorPlan(TypedDict):
    """Smaller values of a cube are raised to `floor`."""

    floor: float


class DatasetPlan(TypedDict):
    """How the cubes of a data set are read, checked and stored."""

    read: Settings
    wavelengths_nm: list[float] | None
    zeros: str | FloorPlan
    size: list[int] | None  # rows, columns
    range: list[float] | None  # minimum, maximum
    stored: str  # float32 or float16
    files: dict[str, str]  # SHA-256 of every file that is read, by its path in the folder
    code: str


@final
class ResponsePlan(TypedDict):
    """A table of spectral responses and the columns of R, G and B."""

    file: str
    columns: list[str]
    gains: list[float]
    unit: NotRequired[str]  # share, percent or relative


@final
class MeasuredPlan(TypedDict):
    """A measured response of an installed package."""

    package: str
    camera: str
    columns: list[str]


class FetchPlan(TypedDict):
    """The files of a data set and where they are published."""

    name: str
    title: str
    read: Settings  # with the folder
    wavelengths_nm: list[float] | None
    get: Settings  # the block `get` of the data set's YAML


class CameraPlan(TypedDict):
    """How a data set is photographed, or where its observations are."""

    response: ResponsePlan
    seed: int
    chain: list[Settings]
    provided: str | None  # path of the provided pictures inside the data set's folder
    agreement: NotRequired[float]  # smallest accepted correlation of a provided picture
    files: dict[str, str]  # SHA-256 of the response and of the provided pictures
    code: str


class ConditionPlan(TypedDict):
    """How the scored pictures of a split, and perhaps their cubes, differ from the data set."""

    split: str
    light: str | None
    metamer: bool
    response: ResponsePlan | MeasuredPlan
    balanced: bool  # whether each channel has the sensitivity of the data set's camera
    chain: list[Settings]
    seed: int
    shuffle: bool
    files: dict[str, str]  # SHA-256 of the response's table; none of a package
    code: str


class CrossDataPlan(TypedDict):
    """How scenes of another data set are photographed, by the camera of the training."""

    scenes: str  # the data set
    split: str
    response: ResponsePlan | MeasuredPlan
    balanced: bool  # as in `ConditionPlan`
    chain: list[Settings]
    seed: int
    files: dict[str, str]  # SHA-256 of the response
    code: str


class RGBPlan(TypedDict):
    """How pixel values are scaled: `unit`, `per_image` or `max`."""

    scale: str


class InputsPlan(TypedDict):
    """What a network receives."""

    rgb: RGBPlan
    superpixels: Settings | None
    estimate: Settings | None


class HoldOutPlan(TypedDict):
    """Training scenes that a phase leaves out."""

    share: float
    seed: int


class HardScenesPlan(TypedDict):
    """The share of scenes with the greatest loss, and how often a phase repeats them."""

    share: float
    times: int


class ChoosePlan(TypedDict):
    """Which scenes choose the best weights, how often and by which metric."""

    split: str
    every: int
    by: str


class PhaseSettings(TypedDict):
    """One phase of a training recipe without its length."""

    loss: dict[str, float]
    optimizer: Settings
    schedule: Settings
    patch: int | list[int]  # rows and columns
    resize: bool
    stride: int | None
    batch: int
    augment: list[str]
    precision: str
    accumulate: int
    hold_out: HoldOutPlan | None
    choose: ChoosePlan | None
    objective: str
    freeze: list[str]
    clipping: str | None
    hard_scenes: HardScenesPlan | None
    extra_datasets: bool
    cubes: str


class PhasePlan(PhaseSettings):
    """One phase of a training recipe, as the budget affords it."""

    iterations: int | None  # if epochs are stated: the greatest number that the budget affords
    epochs: float | None


class RunPhase(PhaseSettings):
    """One phase of a training on a data set, which makes iterations of epochs."""

    iterations: int


class TrainPlan(TypedDict):
    """A network and its recipe."""

    network: Settings
    inputs: InputsPlan
    train: list[PhasePlan]
    starts_from: str | None
    extra_datasets: list[str]
    code: str


class ReleasedPlan(TypedDict):
    """The network that takes the authors' published weights."""

    network: Settings
    code: str


class ReconstructionPlan(TypedDict):
    """How a trained network is applied to an image."""

    tile: int | None
    overlap: int
    self_ensemble: str
    maximum: float | str | None  # of each cube; or `common`, that of the training cubes


class ReconstructPlan(TypedDict):
    """A network and how it is applied."""

    network: Settings
    inputs: InputsPlan
    reconstruct: ReconstructionPlan
    common_bands: NotRequired[str]  # of other scenes: the code that brings cubes to common bands
    code: str


class EnsemblePlan(TypedDict):
    """How the members' reconstructions are combined."""

    ensemble: Settings
    weights: list[float]
    margin: int | None  # pixels left out on each side of the scored crop, where a function asks
    maximum: float | None  # that the data set states for all cubes, where a function asks
    code: str


class ControlPlan(TypedDict):
    """A control or a fit: exactly one of the two keys is present."""

    control: NotRequired[Settings]
    fit: NotRequired[Settings]
    common_bands: NotRequired[str]  # as in `ReconstructPlan`
    code: str


class PlausiblePlan(TypedDict):
    """Which rgb reconstructions give back."""

    rgb: str  # camera or observation
    linear: bool  # whether the values of observations are linear
    code: str


class SubmissionPlan(TypedDict):
    """How reconstructions of test images are packed."""

    margin: int  # pixels left out on each side
    code: str


class ScorePlan(TypedDict):
    """What is scored of a scene."""

    margin: int  # pixels left out on each side of the crop
    colours: bool  # whether the error of colours is scored
    code: str


class ClassifyPlan(TypedDict):
    """How the pixels of a scene are classified."""

    labels: Settings
    samples: str
    network: Settings
    optimizer: Settings
    batch: int
    classes: int
    epochs: int
    share: float
    iterations: int | None
    runs: int
    code: str
