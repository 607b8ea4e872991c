"""What we claim, in YAML, becomes typed, frozen, strict objects.

Every object is read from one file in `config/`; its name is the file's stem. A key that is not
known, a value that cannot be, a name that is not in the tree: each is a `ConfigError` that names
the file, the key and the near miss. Nothing here imports torch: Snakemake reads plans all the time.
"""

import copy
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from respectra import build
from respectra.build import ConfigError, near
from respectra.datasets.layout import HELD_OUT_DRAW

Named = dict[str, Any]  # {is: module:Name, settings…}
KINDS = ("network", "ensemble", "fit", "control")
Augment = Literal["flip", "rotate", "relight", "expose", "simulate"]
Share = Annotated[float, Field(gt=0, le=1)]
Model = TypeVar("Model", bound="Strict")


class Strict(BaseModel):
    """A block of a YAML file: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- methods ---------------------------------------------------------------------------------


class Origin(Strict):
    """Where a network was published, for the reader."""

    code: str
    commit: str | None = None
    file: str | None = None
    licence: str | None = None


class RGBInput(Strict):
    """How pixels become numbers: x/255, the image's own range, or the image's own maximum."""

    scale: Literal["unit", "per_image", "max"]


class SuperpixelInput(Strict):
    """HPRN's semantic prior: SLIC at several scales."""

    segments: tuple[PositiveInt, ...]
    backend: Literal["fast_slic", "skimage"]
    compactness: PositiveFloat


class Inputs(Strict):
    """What a network sees."""

    rgb: RGBInput
    superpixels: SuperpixelInput | None = None
    estimate: Named | None = None  # a fit's cube that the network improves


class HoldOut(Strict):
    """Training scenes that a phase does not see, drawn anew for each seed of the draw."""

    share: Share
    seed: int


class Hard(Strict):
    """Training scenes that a phase meets more often: those worst reconstructed when it begins."""

    share: Share
    times: int = Field(ge=2)


class Phase(Strict):
    """One phase of a recipe."""

    loss: dict[str, float]
    optimizer: Named
    schedule: Named
    iterations: PositiveInt
    patch: PositiveInt
    stride: PositiveInt | None = None  # null: patches at random places
    batch: PositiveInt
    augment: tuple[Augment, ...]
    precision: Literal["float32", "bfloat16", "float16"]
    accumulate: PositiveInt
    hold_out: HoldOut | None = None
    learns: str = "forward"  # or another method of the network, which gives what to compare
    freeze: tuple[str, ...] = ()  # parts of the network that do not move
    only: Literal["clipped", "unclipped"] | None = None  # of the pictures that are simulated
    hard: Hard | None = None
    beside: bool = False  # also meets the cubes that `beside` in config.yaml names
    cubes: Literal["stored", "unnormalised"] = "stored"  # unnormalised: what files call norm_factor

    @model_validator(mode="after")
    def _nothing_unseen(self) -> Self:
        if self.beside and "simulate" not in self.augment:
            raise ValueError(
                "beside: other data sets' cubes have pictures only if these are simulated"
            )
        return self


class Reconstruction(Strict):
    """How a trained network is used."""

    tile: PositiveInt | None = None
    overlap: int = Field(default=0, ge=0)
    self_ensemble: Literal["none", "flips"] = "none"
    maximum: Literal["common"] | None = None  # brought to what all training cubes share, if any


class Expect(Strict):
    """What the contract test holds the network to."""

    parameters: PositiveInt | None = None
    idle: PositiveInt | None = None  # of these, never part of the function: the public code's
    macs: PositiveFloat | None = None  # multiply-accumulates at 256×256 (see respectra/costs)
    golden: tuple[str, ...] = ()  # outputs of the public network: tests/networks/golden.json


class Member(Strict):
    """One voice of an ensemble."""

    method: str
    seed: int | None = None
    weight: PositiveFloat = 1.0


class Method(Strict):
    """Anything with a name in the tables: a network, an ensemble, a fit or a control."""

    name: str
    title: str
    paper: str | None = None
    origin: Origin | None = None
    departures: tuple[str, ...] = ()
    network: Named | None = None
    inputs: Inputs | None = None
    train: tuple[Phase, ...] = ()
    after: str | None = None  # the method whose trained network this one's training begins with
    reconstruct: Reconstruction = Reconstruction()
    expect: Expect = Expect()
    ensemble: Named | None = None
    members: tuple[Member, ...] = ()
    fit: Named | None = None
    control: Named | None = None
    listed: bool = True  # false: no method to choose, so only in the tables that name it

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"a method is one of {', '.join(KINDS)}")
        if self.network is not None and not (self.train and self.inputs):
            raise ValueError("a network needs inputs and train")
        if (self.ensemble is not None) != bool(self.members):
            raise ValueError("ensemble and members belong together")
        return self

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


# --- data sets, cameras, budgets -------------------------------------------------------------


class Wavelengths(Strict):
    """The centres of evenly spaced bands, in nanometres."""

    first: PositiveFloat
    last: PositiveFloat
    step: PositiveFloat

    def values(self) -> list[float]:
        """Every centre.

        Example:
            >>> Wavelengths(first=400, last=420, step=10).values()
            [400.0, 410.0, 420.0]
        """
        count = round((self.last - self.first) / self.step) + 1
        return [self.first + i * self.step for i in range(count)]


class Floor(Strict):
    """Raise every smaller value of a cube to this: a departure, counted in scenes.csv."""

    floor: PositiveFloat


class Provided(Strict):
    """Observations that came with the cubes: a path per scene."""

    provided: str


class Get(Strict):
    """Where the files of a data set come from and what they should be."""

    licence: str
    cite: str  # a key in docs/references.bib
    register_at: str | None = None  # where a person asks for access
    bytes: PositiveInt | None = None  # of disk, where the source says
    files: dict[str, str]  # kind: path in the data set's folder, perhaps with {scene} and {band}
    sources: tuple[Named, ...]  # tried one after another
    checksums: str | None = None  # a CSV of file and sha256


class Classification(Strict):
    """What can be read from a cube: a classifier, trained on some pixels and tested on others."""

    split: str  # of one scene, where the labels are
    labels: Named
    classes: tuple[str, ...]  # by number, from 1
    samples: Literal["standard", "disjoint"]  # disjoint: tested where no training pixel is seen
    network: Named
    optimizer: Named
    batch: PositiveInt
    epochs: PositiveInt
    runs: PositiveInt  # whose mean is the score


class Dataset(Strict):
    """Cubes seen by a camera, split, under a scoring protocol."""

    name: str
    title: str
    paper: str | None = None
    departures: tuple[str, ...] = ()
    read: Named
    quantity: Literal["radiance", "reflectance"]
    wavelengths_nm: Wavelengths | tuple[PositiveFloat, ...] | None = None  # null: from the files
    splits: tuple[str, ...]
    zeros: Literal["refuse", "leave_out"] | Floor = "refuse"
    size: tuple[PositiveInt, PositiveInt] | None = None  # rows and columns of every scene
    range: tuple[float, float] | None = None  # that no value of a cube leaves
    stored: Literal["float32", "float16"] = "float32"  # float16 halves the disk: see docs/data.md
    groups: str | None = None  # a CSV of scene and group: views of one place
    camera: str
    observations: Literal["simulated"] | Provided = "simulated"
    crop: int = Field(ge=0)  # pixels left out on each side of the scored crop
    get: Get | None = None
    classify: Classification | None = None

    def wavelengths(self) -> list[float] | None:
        """Every band's centre in nanometres, or None where the files say."""
        if isinstance(self.wavelengths_nm, Wavelengths):
            return self.wavelengths_nm.values()
        return None if self.wavelengths_nm is None else list(self.wavelengths_nm)


class Response(Strict):
    """A camera's spectral response: a CSV with a wavelength per row."""

    file: str
    columns: tuple[str, str, str]
    gains: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)


class Camera(Strict):
    """Everything between radiance and file."""

    name: str
    title: str
    paper: str | None = None
    departures: tuple[str, ...] = ()
    response: Response
    seed: int
    chain: tuple[Named, ...]


class Budget(Strict):
    """How much of a recipe is spent."""

    name: str
    caption: str
    small: bool
    verdict: bool = False
    share: Share | None = None  # of the recipe's iterations
    iterations: PositiveInt | None = None  # or at most so many in a phase
    patch: PositiveInt | None = None
    batch: PositiveInt | None = None
    augment: tuple[Augment, ...] = ()  # beside the recipe's own
    runs: PositiveInt | None = None  # of a classification, at most

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.share is None) == (self.iterations is None):
            raise ValueError("a budget states either share or iterations")
        return self

    def spend(self, phase: Phase) -> Phase:
        """The phase as this budget affords it; smaller patches lie as close together as before."""
        share = self.share or 1.0
        patch = min(phase.patch, self.patch or phase.patch)
        stride = phase.stride and max(1, phase.stride * patch // phase.patch)
        return phase.model_copy(
            update={
                "iterations": min(
                    max(1, math.floor(phase.iterations * share + 0.5)),
                    self.iterations or phase.iterations,
                ),
                "patch": patch,
                "stride": stride,
                "batch": min(phase.batch, self.batch or phase.batch),
                "accumulate": phase.accumulate if self.batch is None else 1,
                "augment": (*phase.augment, *(a for a in self.augment if a not in phase.augment)),
            }
        )


# --- papers ----------------------------------------------------------------------------------


class Column(Strict):
    """Which scores stand in a column: the paper's label, our data set, split and metrics."""

    label: str
    dataset: str
    split: str
    region: Literal["full", "crop"] = "full"
    metrics: dict[str, str]  # the paper's word: our column of scores
    classified: bool = False  # scores of the data set's classification
    unpublished: bool = False  # nobody has the paper's truth: only a stand-in is scored


class Table(Strict):
    """A table of a paper: its rows and columns, by the paper's own labels."""

    caption: str
    is_: str = Field(alias="is", default="scores")
    columns: tuple[Column, ...] = ()
    rows: dict[str, str | None] | Literal["every_method"] = {}  # null: no method here yet
    beside: dict[str, str] = {}  # rows of ours that the paper does not print
    against: dict[str, tuple[str, ...]] = {}  # in a table of gains: the best of these is outdone
    ranked: str | None = None  # the metric that rows are ranked by, the less the better
    primary: str | None = None  # the table whose ranks stand beside this one's, as subscripts
    published: bool = True
    timed: tuple[PositiveInt, PositiveInt] | None = None  # rows and columns of the timed image
    counted: dict[str, tuple[PositiveInt, PositiveInt]] = {}  # of columns' MACs, if not 256×256
    remark: str | None = None


class Figure(Strict):
    """A figure: what draws it, of which data set and methods."""

    caption: str
    is_: str = Field(alias="is")
    dataset: str
    split: str
    methods: tuple[str, ...] | Literal["every_method"] = ()
    scenes: tuple[str, ...] | PositiveInt = 1  # by name, or the first so many
    classified: bool = False  # shows the data set's classification
    unpublished: bool = False  # nobody has the paper's truth: only of a stand-in
    settings: dict[str, Any] = {}


class Paper(Strict):
    """Which tables and figures a paper has."""

    name: str
    title: str
    paper: str | None = None
    tolerance: Share
    tables: dict[str, Table]
    figures: dict[str, Figure] = {}


class Choices(Strict):
    """`config/config.yaml`: what `snakemake` does when told nothing."""

    budget: str
    dataset: str
    seeds: tuple[int, ...] = Field(min_length=1)
    methods: Literal["everything"] | tuple[str, ...]
    make: dict[str, Literal["everything"] | tuple[str, ...]]
    leaks: Literal["keep", "leave_out"] = "keep"
    beside: tuple[str, ...] = ()
    device: Literal["auto", "cpu", "cuda"]
    gpus: int | Literal["auto"]
    keep_reconstructions: bool
    save_seconds: float = Field(ge=0)
    loader_workers: int | Literal["auto"]
    folder: str


# --- reading ---------------------------------------------------------------------------------


class Config:
    """The folder `config/`, read on demand."""

    def __init__(self, root: str | Path = ".") -> None:
        self.root = Path(root)
        self._read: dict[tuple[str, str], Named] = {}

    def names(self, kind: str) -> list[str]:
        """The stems in one folder of `config/`: methods, datasets, cameras, budgets, papers."""
        return sorted(path.stem for path in (self.root / "config" / kind).glob("*.yaml"))

    @cached_property
    def datasets(self) -> list[str]:
        """Every data set in the tree, each followed by its variants."""
        return [
            name
            for stem in self.names("datasets")
            for name in (stem, *(f"{stem}-{v}" for v in self._variants("datasets", stem)))
        ]

    def _variants(self, kind: str, stem: str) -> dict[str, Named]:
        return dict(sorted((self._raw(kind, stem).get("variants") or {}).items()))

    def _varied(self, kind: str, name: str) -> tuple[Named, str]:
        """A file of `config/` with what the name's variant changes, and the file's path."""
        stem, _, variant = name.partition("-")
        where = f"config/{kind}/{stem}.yaml"
        raw, variants = copy.deepcopy(self._raw(kind, stem)), self._variants(kind, stem)
        raw.pop("variants", None)
        if variant and variant not in variants:
            raise ConfigError(
                f"{where}: {variant} is no variant of {stem}; {near(variant, variants)}"
            )
        for key, value in variants.get(variant, {}).items():
            _set(raw, key, value, f"{where}: variants.{variant}")
        return raw, where

    @cached_property
    def methods(self) -> list[str]:
        """Every method in the tree, variants left out."""
        return self.names("methods")

    def variants(self, stem: str) -> list[str]:
        """The names of a method's variants."""
        return list(self._variants("methods", stem))

    def changes(self, name: str) -> Named:
        """What a variant changes, dotted key by dotted key."""
        stem, _, variant = name.partition("-")
        return dict(self._variants("methods", stem).get(variant) or {})

    def kind(self, name: str) -> str:
        """One of KINDS: a variant is what its method is."""
        raw = self._raw("methods", name.partition("-")[0])
        return next((kind for kind in KINDS if kind in raw), "network")

    def method(self, name: str, *, small: bool = False) -> Method:
        """A method or a variant (`hprn-no_spatial`), on request as its narrow twin."""
        raw, where = self._varied("methods", name)
        narrow: Named = raw.pop("small", None) or {}
        if small:
            raw.get("expect", {}).pop("parameters", None)
            gone = {k for k, v in self.changes(name).items() if v is None}
            for key, value in narrow.items():
                if key not in gone:
                    _set(raw, key, value, f"{where}: small")
        method = _parse(Method, {"name": name, **raw}, where)
        self._check(method, where)
        return method

    def _check(self, method: Method, where: str) -> None:
        if method.network is not None:
            build.check("network", method.network, f"{where}: network", given=["bands"])
        if method.inputs is not None and method.inputs.estimate is not None:
            build.check("fit", method.inputs.estimate, f"{where}: inputs.estimate")
        if method.ensemble is not None:
            build.check(
                "ensemble",
                method.ensemble,
                f"{where}: ensemble",
                given=["weights", "truth", "clipped", "fitted", "common"],
            )
        if method.fit is not None:
            build.check("fit", method.fit, f"{where}: fit")
        if method.control is not None:
            build.check("control", method.control, f"{where}: control")
        for i, phase in enumerate(method.train):
            for loss in phase.loss:
                build.check("loss", {"is": loss}, f"{where}: train.{i}.loss")
            build.check("schedule", phase.schedule, f"{where}: train.{i}.schedule", ["progress"])
            build.check("optimizer", phase.optimizer, f"{where}: train.{i}.optimizer")
        others = {f"members.{i}": member.method for i, member in enumerate(method.members)}
        if method.after is not None:
            others["after"] = method.after
        for key, other in others.items():
            stem = other.partition("-")[0]
            if stem not in self.methods:
                raise ConfigError(
                    f"{where}: {key}: {stem} is no method; {near(stem, self.methods)}"
                )
        earlier, before = [method.name], method.after
        while before is not None:
            if before in earlier:
                raise ConfigError(f"{where}: after: {before} would begin with its own training")
            earlier.append(before)
            before = self._varied("methods", before)[0].get("after")
        if method.ensemble is not None and build.asks("ensemble", method.ensemble, "fitted"):
            self._check_held_out(method, where)

    def _check_held_out(self, method: Method, where: str) -> None:
        """Weights are fitted to scenes that no member has seen."""
        for i, member in enumerate(method.members):
            phases = self.method(member.method).train
            held = [phase.hold_out and phase.hold_out.model_dump() for phase in phases]
            if not phases or any(draw != HELD_OUT_DRAW for draw in held):
                raise ConfigError(
                    f"{where}: members.{i}: {member.method} has seen the scenes that weights are "
                    f"fitted to; each of its phases must say hold_out: {HELD_OUT_DRAW}"
                )

    def dataset(self, name: str) -> Dataset:
        """A data set or a variant of it (`arad1k-grouped`)."""
        raw, where = self._varied("datasets", name)
        dataset = _parse(Dataset, {"name": name, **raw}, where)
        build.check("dataset", dataset.read, f"{where}: read", ["save", "wavelengths_nm"])
        for i, source in enumerate(dataset.get.sources if dataset.get else ()):
            build.check("source", source, f"{where}: get.sources.{i}", ["missing"])
        if dataset.classify is not None:
            place = f"{where}: classify"
            build.check("dataset", dataset.classify.labels, f"{place}.labels")
            build.check(
                "network", dataset.classify.network, f"{place}.network", ["bands", "classes"]
            )
        if dataset.camera not in self.names("cameras"):
            raise ConfigError(
                f"{where}: camera: {dataset.camera} is no camera; "
                f"{near(dataset.camera, self.names('cameras'))}"
            )
        return dataset

    def camera(self, name: str) -> Camera:
        """A camera."""
        where = f"config/cameras/{name}.yaml"
        camera = _parse(Camera, {"name": name, **self._raw("cameras", name)}, where)
        for i, part in enumerate(camera.chain):
            build.check("camera", part, f"{where}: chain.{i}", ["rgb", "rng"])
        return camera

    def budget(self, name: str) -> Budget:
        """A budget."""
        where = f"config/budgets/{name}.yaml"
        return _parse(Budget, {"name": name, **self._raw("budgets", name)}, where)

    def paper(self, name: str) -> Paper:
        """A paper's tables and figures; every row and data set must be in the tree."""
        where = f"config/papers/{name}.yaml"
        paper = _parse(Paper, {"name": name, **self._raw("papers", name)}, where)
        for key, table in paper.tables.items():
            build.check("table", {"is": table.is_}, f"{where}: tables.{key}")
            for column in table.columns:
                self._known("datasets", column.dataset, f"{where}: tables.{key}.columns")
                for metric in () if column.classified else column.metrics.values():
                    build.check("metric", {"is": metric}, f"{where}: tables.{key}.columns.metrics")
            rows = {} if table.rows == "every_method" else table.rows
            for method in (*rows.values(), *table.beside.values()):
                if method is not None:
                    self.method(method)
        for key, figure in paper.figures.items():
            build.check("figure", {"is": figure.is_}, f"{where}: figures.{key}")
            self._known("datasets", figure.dataset, f"{where}: figures.{key}.dataset")
            for method in () if figure.methods == "every_method" else figure.methods:
                self.method(method)
        return paper

    def _known(self, kind: str, name: str, where: str) -> None:
        known = self.datasets if kind == "datasets" else self.names(kind)
        if name not in known:
            raise ConfigError(
                f"{where}: {name} is no {kind.removesuffix('s')}; {near(name, known)}"
            )

    def choices(self, overrides: Mapping[str, Any] | None = None) -> Choices:
        """`config/config.yaml`, with what the command line changed."""
        where = "config/config.yaml"
        raw = read_yaml(self.root / where, where) if overrides is None else dict(overrides)
        choices = _parse(Choices, raw, where)
        self._known("budgets", choices.budget, f"{where}: budget")
        if choices.dataset != "paper":
            self._known("datasets", choices.dataset, f"{where}: dataset")
        for name in choices.beside:
            self._known("datasets", name, f"{where}: beside")
        for name in () if choices.methods == "everything" else choices.methods:
            self._known("methods", name.partition("-")[0], f"{where}: methods")
            self.method(name)
        for name, wanted in choices.make.items():
            self._known("papers", name, f"{where}: make")
            paper = self.paper(name)
            for item in () if wanted == "everything" else wanted:
                if item not in paper.tables and item not in paper.figures:
                    known = [*paper.tables, *paper.figures]
                    raise ConfigError(
                        f"{where}: make.{name}: {item} is no table or figure; {near(item, known)}"
                    )
        return choices

    def _raw(self, kind: str, name: str) -> Named:
        if (kind, name) not in self._read:
            self._read[kind, name] = self._from_file(kind, name)
        return self._read[kind, name]

    def _from_file(self, kind: str, name: str) -> Named:
        path = self.root / "config" / kind / f"{name}.yaml"
        if not path.is_file():
            singular = kind.removesuffix("s")
            raise ConfigError(
                f"config/{kind}: {name} is no {singular}; {near(name, self.names(kind))}"
            )
        return read_yaml(path, f"config/{kind}/{name}.yaml")


class _Loader(yaml.SafeLoader):
    """Safe, and a key given twice is an error, not the last one's silent victory."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key} is there twice", problem_mark=node.start_mark
                )
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, where: str) -> Named:
    """A YAML file as a mapping.

    Raises:
        ConfigError: it is not there, is no YAML, or is no mapping.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{where}: not readable as YAML: {reason}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}: a mapping is wanted, not {type(raw).__name__}")
    return raw


def _set(raw: Named, dotted: str, value: Any, where: str) -> None:
    """Change one key that is there; None removes it."""
    place: Any = raw
    *way, last = dotted.split(".")
    for i, step in enumerate([*way, last]):
        keys = [str(k) for k in (range(len(place)) if isinstance(place, list) else place or {})]
        if step not in keys:
            known = [".".join([*way[:i], key]) for key in keys]
            raise ConfigError(f"{where}: {dotted} is not set above; {near(dotted, known)}")
        if i < len(way):
            place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value


def _parse(model: type[Model], raw: Named, where: str) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        # A key that is not known explains the one that is missing.
        errors = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        first = errors[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = _fields(model, first["loc"][:-1])
            hint = f"; {near(str(first['loc'][-1]), known)}" if known else ""
            raise ConfigError(f"{where}: {key} is not known here{hint}") from error
        if first["type"] == "missing":
            raise ConfigError(f"{where}: {key} is missing") from error
        reason = first["msg"].removeprefix("Value error, ")
        lowered = reason[0].lower() + reason[1:]
        shown = "" if first["type"] == "value_error" else f" {first['input']!r}:"
        place = f"{where}: {key}:{shown}" if key else f"{where}:"
        raise ConfigError(f"{place} {lowered}") from error


def _fields(model: type[BaseModel], way: tuple[int | str, ...]) -> list[str]:
    """The keys that are known where `way` leads."""
    for step in way:
        if isinstance(step, int):
            continue
        if step not in model.model_fields:
            return []
        found = _model_in(model.model_fields[step].annotation)
        if found is None:
            return []
        model = found
    return [f.alias or n for n, f in model.model_fields.items() if n != "name"]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((m for m in inside if m is not None), None)
