"""`config/datasets/*.yaml`: cubes, their pictures, splits and scoring protocol."""

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from respectra.config.strict import (
    Amount,
    Batch,
    Count,
    Factor,
    Few,
    Settings,
    Size,
    Steps,
    Strict,
    check_pattern,
)
from respectra.datasets.common_bands import find_unit
from respectra.messages import show

MOST_BANDS = 10_000
Nanometres = Annotated[float, Field(gt=0, le=10**6)]
Value = Annotated[float, Field(ge=-(10**9), le=10**9)]
RESERVED_SPLITS = ("unused", "held_out")  # left-out scenes, and a part of the training scenes


class Wavelengths(Strict):
    """The centres of evenly spaced bands, in nanometres."""

    first: Nanometres
    """Centre of the first band, nm."""
    last: Nanometres
    """Centre of the last band, nm."""
    step: Nanometres
    """Distance of neighbouring centres, nm."""

    @model_validator(mode="after")
    def _is_a_grid(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"last: {self.last:g} nm is below first, {self.first:g} nm")
        count = (self.last - self.first) / self.step + 1
        if count > MOST_BANDS:
            raise ValueError(
                f"step: {self.step:g} nm makes {count:,.0f} bands, at most {MOST_BANDS:,} are "
                "possible"
            )
        return self

    def values(self) -> list[float]:
        """Every centre in nanometres.

        Example:
            >>> Wavelengths(first=400, last=420, step=10).values()
            [400.0, 410.0, 420.0]
        """
        count = round((self.last - self.first) / self.step) + 1
        return [float(self.first + i * self.step) for i in range(count)]


class Floor(Strict):
    """Raise every smaller value of a cube to this one; `scenes.csv` counts them."""

    floor: Amount
    """The smallest value of a stored cube."""


class Provided(Strict):
    """Pictures that were published with the cubes."""

    provided: str
    """Path of a picture in the data set's folder, with `{scene}`."""
    agreement: Annotated[float, Field(ge=-1, le=1)] = 0.5
    """Smallest accepted correlation of a picture with its cube, -1 to 1."""

    @model_validator(mode="after")
    def _names_a_scene(self) -> Self:
        check_pattern(self.provided, ("scene",), "provided", required="scene")
        if PurePosixPath(self.provided).is_absolute():
            raise ValueError(
                f"provided: {show(self.provided)}: must be a path in the data set's folder"
            )
        return self


class Limits(Strict):
    """How long and how large the transfer of a file may be."""

    stalled_seconds: Annotated[float, Field(gt=0, le=86_400)] = 20.0
    """A connection without data for this time counts as broken."""
    kilobytes_per_second: Factor = 1.0
    """A connection that is slower for a minute counts as broken."""
    tries: Few = 5
    """Connections before giving up; three without data end a transfer."""
    gigabytes: Factor = 200.0
    """Greatest size of a file."""
    unpacked_ratio: Annotated[float, Field(ge=1, le=10**6)] = 200.0
    """How many times larger than an archive its files may be together, above 100 MB."""


class Get(Strict):
    """Where the files of a data set are published."""

    licence: str
    """Licence or terms of use."""
    cite: str
    """Key in `docs/references.bib`."""
    register_at: str | None = None
    """Address where a person asks for access."""
    bytes: Count | None = None
    """Size on the disk."""
    files: dict[str, str]
    """Kind of file: path in the data set's folder, with `{scene}` and `{band}`."""
    sources: tuple[Settings, ...]
    """Functions of `respectra/datasets/sources.py`, tried one after another."""
    checksums: str | None = None
    """A CSV with the columns file and sha256."""
    limits: Limits = Limits()
    """Limits of time and size."""

    @model_validator(mode="after")
    def _patterns_name_scenes_and_bands(self) -> Self:
        for kind, pattern in self.files.items():
            check_pattern(pattern, ("scene", "band"), f"files.{kind}")
        return self


class Classification(Strict):
    """A classifier of pixels, trained on some pixels of a scene and tested on others."""

    split: str
    """A split of one scene: the labelled one."""
    labels: Settings
    """A function of `respectra/datasets/` that reads the labels."""
    classes: tuple[str, ...]
    """Names of the classes 1, 2, …"""
    samples: Literal["standard", "disjoint"]
    """`disjoint` tests only pixels whose neighbourhood contains no training pixel."""
    network: Settings
    """A class of `respectra/networks/`."""
    optimizer: Settings
    """A class of PyTorch."""
    batch: Batch
    """Pixels in a batch."""
    epochs: Steps
    """Passes over the training pixels."""
    runs: Few
    """Independent trainings; the score is their mean."""


class Dataset(Strict):
    """A data set: cubes, their pictures, splits and scoring protocol."""

    name: str
    title: str
    """Name in captions."""
    paper: str | None = None
    """Key in `docs/references.bib`."""
    departures: tuple[str, ...] = ()
    """Where this data set knowingly differs from the paper, one sentence each."""
    read: Settings
    """A reader in `respectra/datasets/` with its arguments."""
    quantity: Literal["radiance", "reflectance"]
    """What the cubes hold."""
    wavelengths_nm: Wavelengths | tuple[Nanometres, ...] | None = None
    """Centres of the bands in nm, as a grid or a list; null: the files contain them."""
    splits: tuple[str, ...]
    """Names of the splits."""
    zeros: Literal["refuse", "leave_out"] | Floor = "refuse"
    """What happens to a scene with zeros or negative values: `refuse`, `leave_out`, or
    `{floor: 1.0e-4}`."""
    size: Size | None = None
    """Rows and columns of every scene."""
    usual_size: Size | None = None
    """Rows and columns of most scenes, where they differ: for estimates of costs only."""
    range: tuple[Value, Value] | None = None
    """Smallest and greatest allowed value of a cube."""
    maximum: Amount | None = None
    """The maximum of every cube, if the cubes are normalised to one: reconstructions of recipes
    with `maximum: common` are scaled to it. Null: it is found in the training cubes."""
    stored: Literal["float32", "float16"] = "float32"
    """Type of the stored cubes; float16 needs half the disk."""
    groups: str | None = None
    """A CSV with the columns scene and group: scenes of one place."""
    camera: str
    """A file in `config/cameras/`."""
    observations: Literal["simulated"] | Provided = "simulated"
    """`simulated` by the camera, or `{provided: "rgb/{scene}.jpg"}`."""
    crop: Annotated[int, Field(ge=0, le=2**16)]
    """Pixels left out on each side of the scored crop."""
    get: Get | None = None
    """Where to get the files."""
    classify: Classification | None = None
    """A classification of one scene's pixels."""

    @model_validator(mode="after")
    def _range_ascends(self) -> Self:
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range: {list(self.range)}: the first value must be the smaller one")
        return self

    @model_validator(mode="after")
    def _values_are_in_the_range(self) -> Self:
        floor = self.zeros.floor if isinstance(self.zeros, Floor) else None
        for key, value in (("zeros.floor", floor), ("maximum", self.maximum)):
            if value is not None and self.range and not self.range[0] <= value <= self.range[1]:
                raise ValueError(f"{key}: {value:g}: must be in range, {list(self.range)}")
        return self

    @model_validator(mode="after")
    def _splits_are_different(self) -> Self:
        for number, split in enumerate(self.splits):
            if split in RESERVED_SPLITS:
                raise ValueError(f"splits: {split}: has a meaning of its own; choose another name")
            if split in self.splits[:number]:
                raise ValueError(f"splits: {split}: is given twice; remove one")
        return self

    @model_validator(mode="after")
    def _bands_are_nanometres(self) -> Self:
        bands = self.wavelengths()
        if bands and (unit := find_unit(bands)):
            span = f"{min(bands):g} to {max(bands):g}"
            raise ValueError(f"wavelengths_nm: {span}: must be in nanometres; {unit}")
        return self

    @model_validator(mode="after")
    def _bands_ascend(self) -> Self:
        bands = self.wavelengths_nm
        if isinstance(bands, tuple) and (not bands or sorted(set(bands)) != list(bands)):
            raise ValueError(f"wavelengths_nm: {list(bands)}: must ascend and not be empty")
        return self

    def wavelengths(self) -> list[float] | None:
        """Centres of the bands in nanometres, or None if the files contain them."""
        if isinstance(self.wavelengths_nm, Wavelengths):
            return self.wavelengths_nm.values()
        return None if self.wavelengths_nm is None else list(self.wavelengths_nm)
