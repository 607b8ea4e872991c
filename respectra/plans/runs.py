"""Which runs a method consists of: seeds, members, trainings."""

from collections.abc import Sequence
from typing import NamedTuple

from respectra.config import Choices, Config
from respectra.config.settings import accepts
from respectra.datasets.layout import HELD_OUT
from respectra.plans.cells import RELEASED, Cell, Data, Training, budget_of, name_run

ORDER = ("control", "fit", "network", "ensemble")
APPLIED_KEYS = ("trained_on", "plausible")  # of a method: they change no training


class Run(NamedTuple):
    """A method and one of its runs."""

    method: str
    run: str
    trained_on: str | None = None  # the data set of a training, if it is another one


def title_of(config: Config, method: str) -> str:
    """The name of a method in tables and figures: its title, and its variant's name."""
    variant = method.partition("-")[2]
    return config.method(method).title + (f", {variant}" if variant else "")


def title_of_condition(config: Config, condition: str | None) -> str:
    """The name of a condition in tables and figures."""
    return "as it is" if condition is None else config.condition(condition).title


def list_methods(config: Config, choices: Choices | None = None) -> list[str]:
    """The methods of a table of all methods: controls, fits, networks, ensembles.

    Args:
        config: the configuration.
        choices: their `methods` limit the list; None lists every method.
    """
    methods: Sequence[str] = [m for m in config.methods if config.method(m).listed]
    if choices is not None and choices.methods != "everything":
        methods = choices.methods
    return sorted(methods, key=lambda m: (ORDER.index(config.kind(m)), m))


def is_chosen(choices: Choices, method: str) -> bool:
    """Whether `methods` in config.yaml includes a method; a name includes its variants."""
    return choices.methods == "everything" or bool(
        {method, method.partition("-")[0]} & set(choices.methods)
    )


def runs_of(config: Config, choices: Choices, method: str, budget: str) -> list[str]:
    """The runs of a method: one per seed if it is trained, else one."""
    if config.kind(method) == "network":
        return [name_run(budget, seed) for seed in choices.seeds]
    return [budget]


def members_of(config: Config, method: str, budget: str) -> list[Run]:
    """The members of an ensemble."""
    return [
        Run(member.method, name_run(budget, member.seed))
        for member in config.method(method).members
    ]


def trained_method(config: Config, method: str) -> str:
    """The method whose checkpoint a method uses: a variant that changes only how, or after a
    training on which data set, a network is applied, or what follows, has no training of its own.
    """
    stem, _, variant = method.partition("-")
    changes = config.changes(method) if variant else {}
    is_shared = all(key.startswith("reconstruct.") or key in APPLIED_KEYS for key in changes)
    return stem if is_shared else method


def training_chain(config: Config, method: str) -> list[str]:
    """The method whose checkpoint is used, and those that its training starts from in turn."""
    return [source for source, _ in _chain(config, method, None)]


def _chain(config: Config, method: str, trained_on: str | None) -> list[tuple[str, str | None]]:
    """The trainings behind a method, each with its data set, if that is another one."""
    source = trained_method(config, method)
    chosen = config.method(method).trained_on or trained_on
    earlier = config.method(source).starts_from
    return [(source, chosen), *(_chain(config, earlier, chosen) if earlier else [])]


def trainings_of(config: Config, choices: Choices, method: str, budget: str) -> list[Run]:
    """Every training that a method's results rest on."""
    runs = runs_of(config, choices, method, budget)
    return [training for run in runs for training in trainings_of_run(config, method, run)]


def trainings_of_run(config: Config, method: str, run: str) -> list[Run]:
    """Every training that one run of a method rests on; none for published weights."""
    kind = config.kind(method)
    if kind == "network":
        chain = [] if run == RELEASED else _chain(config, method, None)
        return [Run(source, run, trained_on) for source, trained_on in chain]
    members = members_of(config, method, budget_of(run)) if kind == "ensemble" else []
    return [
        training
        for member in members
        for training in trainings_of_run(config, member.method, member.run)
    ]


def trained_methods(config: Config, method: str) -> set[str]:
    """The trained methods that a method's results rest on."""
    if config.kind(method) == "ensemble":
        members = config.method(method).members
        return {source for m in members for source in trained_methods(config, m.method)}
    return set(training_chain(config, method))


def count_passes(config: Config, method: str) -> dict[str, int]:
    """How often each network runs for one image: eight times in a self-ensemble, once if the
    ensemble applies only one of its members."""
    kind = config.kind(method)
    if kind == "network":
        flips = config.method(method).reconstruct.self_ensemble == "flips"
        return {method.partition("-")[0]: 8 if flips else 1}
    members, settings = config.method(method).members, config.method(method).ensemble
    if settings is not None and accepts("ensemble", settings, "clipped"):
        members = members[:1]  # the picture decides which one of the members is applied
    passes: dict[str, int] = {}
    for member in members:
        for network, count in count_passes(config, member.method).items():
            passes[network] = passes.get(network, 0) + count
    return passes


# --- files that one product rests on -------------------------------------------------------------


def checkpoint_file(config: Config, dataset: str, method: str, run: str) -> str:
    """The checkpoint that a run reconstructs with."""
    trained_on = config.method(method).trained_on or dataset
    return Training(trained_on, trained_method(config, method), run).checkpoint


def initial_checkpoints(config: Config, dataset: str, method: str, run: str) -> list[str]:
    """The checkpoint that a training starts from, if it starts from one."""
    earlier = config.method(method).starts_from
    return [checkpoint_file(config, dataset, earlier, run)] if earlier else []


def extra_manifests(config: Config, dataset: str, method: str, names: Sequence[str]) -> list[str]:
    """The manifests of the further data sets that a training uses."""
    if not any(phase.extra_datasets for phase in config.method(method).train):
        return []
    stem = dataset.partition("-")[0]
    return [Data(name).scenes for name in names if name.partition("-")[0] != stem]


def member_files(config: Config, dataset: str, method: str, budget: str, split: str) -> list[str]:
    """The members' reconstructions, in their order."""
    members = members_of(config, method, budget)
    return [Cell(dataset, m.method, m.run, split).reconstructions for m in members]


def held_out_files(config: Config, dataset: str, method: str, budget: str) -> list[str]:
    """The members' reconstructions that an ensemble's weights are fitted to, if they are."""
    settings = config.method(method).ensemble
    fitted = settings is not None and accepts("ensemble", settings, "fitted")
    return member_files(config, dataset, method, budget, HELD_OUT) if fitted else []


def released_file(config: Config, method: str) -> str:
    """Where the authors' weights of a method are: as safetensors, or as they were published."""
    config.method(method)
    files = [f"data/released/{method}{suffix}" for suffix in (".safetensors", ".pth", ".pt")]
    return next((file for file in files if (config.root / file).is_file()), files[1])
