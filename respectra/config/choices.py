"""`config/config.yaml` and `--config`: what one run of the workflow makes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from respectra.build import ConfigError
from respectra.config.strict import Strict

Names = Literal["everything"] | tuple[str, ...]


class Choices(Strict):
    """What `snakemake` makes; every key can be changed with `--config key=value`."""

    budget: str
    """How much of a recipe is spent: a file in `config/budgets/`."""
    dataset: str
    """The data set that stands in for those of the papers, or `paper` for the papers' own."""
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    """Seeds of the trainings; every network is trained once with each."""
    methods: Names
    """The methods that are made; `everything`, or a list. A name stands for its variants too."""
    make: dict[str, Names]
    """For each paper the tables and figures that are made."""
    leaks: Literal["keep", "leave_out"] = "keep"
    """`leave_out` excludes scored scenes whose place is also in the training split from tables."""
    extra_datasets: tuple[str, ...] = ()
    """Data sets whose cubes are added where a recipe has `extra_datasets: true`."""
    device: Literal["auto", "cpu", "cuda"]
    """Device of the computation; changes rerun nothing."""
    gpus: Annotated[int, Field(ge=0)] | Literal["auto"]
    """GPUs that a job reserves; `auto`: one if there is one."""
    keep_reconstructions: bool
    """Whether files of reconstructions are kept once they are scored."""
    save_seconds: Annotated[float, Field(ge=0)]
    """Seconds between two saves of a training's progress."""
    loader_workers: Annotated[int, Field(ge=0)] | Literal["auto"]
    """Processes that read patches; `auto`: 4 with a GPU, else 0."""
    folder: str
    """The folder of the data set `folder`."""


def from_command_line(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Choices as a person types them on a command line, as lists and strings.
    `methods=linear,hprn` is a list of two methods; so are `extra_datasets` and the values
    of `make`. Snakemake turns digits into numbers, which may not be what was typed. Raises:
    ConfigError: the value must be written in another way; the message says how."""
    values = dict(raw)
    for key in ("methods", "extra_datasets"):
        value = values.get(key)
        if isinstance(value, str) and value != "everything":
            values[key] = [name.strip() for name in value.split(",") if name.strip()]
    if "seeds" in values:
        values["seeds"] = _read_seeds(values["seeds"])
    if "make" in values and isinstance(values["make"], str):
        raise ConfigError(
            f"make: {values['make']!r} must name papers and their tables or figures, "
            "as in 'make={ntire2022: [table1]}'"
        )
    for paper, items in (values.get("make") or {}).items():
        if isinstance(items, str) and items != "everything":
            values["make"] = {**values["make"], paper: [item.strip() for item in items.split(",")]}
    for key in ("folder", "dataset", "budget"):
        value = values.get(key)
        if value is not None and not isinstance(value, str):
            hint = "write folder=./NAME" if key == "folder" else f"write {key}=\"'NAME'\""
            raise ConfigError(
                f"{key}: {value!r} was read as a {type(value).__name__}, "
                f"not as the name that was typed; {hint}"
            )
    return values


def _read_seeds(value: Any) -> Any:
    """Seeds as a list of numbers; Snakemake reads the items of a list as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ConfigError(
            f"seeds: {value} must be a list: 'seeds=[{value}]' is the one seed {value}, "
            "'seeds=[0,1,2]' are three seeds"
        )
    if isinstance(value, str):
        value = [part.strip() for part in value.strip("[]").split(",")]
    if not isinstance(value, list | tuple):
        return value
    return [int(item) if isinstance(item, str) and item.isdigit() else item for item in value]
