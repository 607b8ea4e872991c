"""`config/config.yaml` and `--config`: what one run of the workflow makes."""

import shutil
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from respectra.build import ConfigError
from respectra.config.files import DATA
from respectra.config.strict import Strict, Whole
from respectra.messages import show

RENAME = "rename its file so that the name has letters"
Few = Annotated[int, Field(ge=0, le=1024)]
Names = Literal["everything"] | tuple[str, ...]


class Choices(Strict):
    """What `snakemake` makes; every key can be changed with `--config key=value`."""

    budget: str
    """How much of a recipe is spent: a file in `config/budgets/`."""
    dataset: str
    """The data set that stands in for those of the papers, or `paper` for the papers' own."""
    seeds: Annotated[tuple[Whole, ...], Field(min_length=1)]
    """Seeds of the trainings; every network is trained once with each."""
    methods: Names
    """The methods that are made; `everything`, or a list. A name stands for its variants too."""
    make: dict[str, Names]
    """For each paper the tables and figures that are made."""
    leaks: Literal["keep", "leave_out"] = "keep"
    """`leave_out` excludes scored scenes whose place is also in the training split from tables."""
    extra_datasets: tuple[str, ...] = ()
    """Data sets whose cubes are added where a recipe has `extra_datasets: true`."""
    download: bool = True
    """Whether missing files of a data set are downloaded; `false` ends the planning instead."""
    device: Literal["auto", "cpu", "cuda"]
    """Device of the computation; changes rerun nothing."""
    arithmetic: Literal["exact", "fast"] = "exact"
    """`fast` lets a GPU round the factors of products to TF32; changes rerun nothing."""
    graphs: bool = False
    """Whether a GPU records the kernels of an image or a step once; changes rerun nothing."""
    compile: bool = False
    """Whether `torch.compile` compiles networks; changes rerun nothing."""
    gpus: Few | Literal["auto"]
    """GPUs that a job reserves; `auto`: one if there is one, or if jobs are sent to a cluster."""
    gpus_per_training: Annotated[int, Field(ge=1, le=1024)] = 1
    """GPUs of a node that share each batch of one training; with `device: cpu` the number of
    processes; changes rerun nothing."""
    nodes_per_training: Annotated[int, Field(ge=1, le=1024)] = 1
    """Nodes of a SLURM cluster that share each batch of one training; changes rerun nothing."""
    keep_reconstructions: bool
    """Whether files of reconstructions are kept once they are scored."""
    save_seconds: Annotated[float, Field(ge=0, le=604_800)]
    """Seconds between two saves of a training's progress."""
    loader_workers: Few | Literal["auto"]
    """Processes that read patches; `auto`: 4 with a GPU, else 0."""
    folder: str
    """The folder of the data set `folder`."""
    data_root: Annotated[str, Field(min_length=1)] = DATA
    """The folder of the other data sets, such as one on a shared disk; a relative path starts at
    the checkout. Changes rerun nothing, except the classification of `pavia_u`."""

    def count_gpus(self) -> int:
        """Return how many GPUs a job reserves; `auto` is one if NVIDIA's driver is installed."""
        if self.gpus == "auto":
            return int(shutil.which("nvidia-smi") is not None)
        return self.gpus


def from_command_line(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Choices as a person types them on a command line, as lists and strings.

    `methods=linear,hprn` is a list of two methods; so are `extra_datasets` and the values
    of `make`. Snakemake reads digits as numbers, which may not be what was typed, and the items of
    a list, `true` and `false` as text.

    Raises:
        ConfigError: the value must be written in another way; the message says how.
    """
    values = dict(raw)
    for key in ("methods", "extra_datasets"):
        values[key] = _split(values.get(key, ()))
    if "seeds" in values:
        values["seeds"] = _read_seeds(values["seeds"])
    make = values.get("make", {})
    if not isinstance(make, Mapping):
        raise ConfigError(
            f"make: {show(make)} must name papers and their tables or figures, "
            "as in 'make={ntire2022: [table1]}'"
        )
    values["make"] = {paper: _split(items) for paper, items in make.items()}
    for key in ("dataset", "budget"):
        value = values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            values[key] = str(value)
    for key, hint in (
        ("folder", "write folder=./NAME"),
        ("data_root", "write data_root=./NAME"),
        ("dataset", RENAME),
        ("budget", RENAME),
    ):
        value = values.get(key)
        if isinstance(value, int | float):
            kind = "yes or no" if isinstance(value, bool) else "a number"
            raise ConfigError(f"{key}: {show(value)}: was read as {kind}, not as a name; {hint}")
    for key in ("download", "graphs", "compile", "keep_reconstructions"):
        if values.get(key) in ("true", "false"):
            values[key] = values[key] == "true"
    return values


def _split(items: Any) -> Any:
    """`a,b` as a list."""
    if not isinstance(items, str) or items == "everything":
        return items
    return [name.strip() for name in items.split(",") if name.strip()]


def _read_seeds(seeds: Any) -> Any:
    """`0,1` and a list of digits as a list of numbers."""
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        raise ConfigError(
            f"seeds: {seeds} must be a list: 'seeds=[{seeds}]' is the one seed {seeds}, "
            "'seeds=[0,1,2]' are three seeds"
        )
    if isinstance(seeds, str):
        seeds = [part.strip() for part in seeds.strip("[]").split(",")]
    if not isinstance(seeds, list):
        return seeds
    texts = [seed for seed in seeds if isinstance(seed, str) and not seed.isdecimal()]
    if texts:
        raise ConfigError(
            f"seeds: {show(texts[0])} is not a seed; write numbers, as in 'seeds=[0,1,2]'"
        )
    return [int(seed) if isinstance(seed, str) else seed for seed in seeds]
