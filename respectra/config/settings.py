"""Checks of `{is: module:Name, …}` blocks: names, missing, unknown and wrong arguments.

Nothing that a block names is imported, so planning needs neither PyTorch nor a network.
"""

import importlib.util
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from respectra.build import PLACES, ConfigError, locate, source, suggest
from respectra.messages import hint_at_number, show
from respectra.signatures import Signature, signatures_of

# PyTorch annotates these arguments as `float` or `float | Tensor` and checks them when it trains,
# or not at all.
OPTIMIZER_RANGES = {
    "alpha": "Fraction",
    "betas": "tuple[Fraction, Fraction]",
    "dampening": "Fraction",
    "eps": "Fraction",
    "initial_accumulator_value": "NotNegative",
    "lambd": "NotNegative",
    "lr": "Rate",
    "lr_decay": "NotNegative",
    "momentum": "Fraction",
    "momentum_decay": "Fraction",
    "rho": "Fraction",
    "weight_decay": "Fraction",
}
# Narrower than the annotations, which are part of the plans of trainings.
RANGES = {
    "exposure:to_mean": {"mean": "Share"},
    "noise:read": {"deviation": "Fraction"},
    "bands:draw": {"bands": "Few"},
    "metamers:draw": {"points": "Few"},
    "spectra:draw": {"points": "Few"},
    "statistics": {"resamples": "Repeats"},
}

# How the package calls what a block of each kind names: the arguments without names, and those
# with names. Anything else that the same files hold cannot be called by a block.
POSITIONAL: dict[str, tuple[tuple[str, ...], ...]] = {
    "source": (("missing",),),
    "camera": (("rgb",),),
    "figure": (("contents",),),
    "loss": (("reconstruction", "cube"),),
    "metric": (("reconstruction", "cube"), ("reconstruction", "cube", "response")),
    "schedule": (("rate", "progress"),),
    "ensemble": (("cubes",),),
    "fit": (("store", "observations", "split"), ("store", "observations")),
    "control": (("store", "observations", "split"),),
    "table": (("plan",),),
}
NAMED = {"network": "bands", "dataset": "wavelengths_nm", "ensemble": "weights"}
MOST_OF_NETWORK = 4096  # blocks, channels and every other number of a network
PASSED = ("rng",)  # drawn by the caller for the functions that take it


def check_settings(
    kind: str, settings: Mapping[str, Any], where: str, given: Iterable[str] = ()
) -> None:
    """Refuse unknown names, unknown, missing and wrongly typed arguments; nothing is imported.

    Args:
        kind: one of PLACES.
        settings: `is` and the arguments.
        where: the file and key, for messages.
        given: arguments that the caller adds when it builds the object.

    Raises:
        ConfigError: one sentence with the closest known name.
    """
    if "is" not in settings:
        raise ConfigError(f"{where}: is is missing; it names the {kind}")
    name = settings["is"]
    if not isinstance(name, str):
        raise ConfigError(f"{where}: is: {show(name)} is not a name; it names the {kind}")
    if kind == "optimizer":
        _check_optimizer(name, settings, where)
        return
    signature = _narrow(_find_signature(kind, name, where), RANGES.get(name, {}))
    # A positional argument is data that the caller passes; settings are keyword-only.
    data = {argument.name for argument in signature.arguments if argument.positional}
    check_arguments(name, signature, settings, where, data.union(given))
    if kind == "network":
        _check_size(settings, where)


def _check_size(value: Any, where: str, key: str = "") -> None:
    """Refuse numbers with which a network would be built for hours, or fill the memory."""
    if isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, item in items:
            _check_size(item, where, f"{key}.{name}" if key else str(name))
    elif isinstance(value, int) and value > MOST_OF_NETWORK:
        raise ConfigError(
            f"{where}: {key}: {show(value)}: must be less than or equal to {MOST_OF_NETWORK}"
        )


def check_arguments(
    name: str,
    signature: Signature,
    settings: Mapping[str, Any],
    where: str,
    given: set[str],
) -> None:
    """Compare the settings with a signature.

    Args:
        name: what the signature belongs to, for messages.
        signature: of a function or class.
        settings: `is` and the arguments.
        where: the file and key, for messages.
        given: arguments that the caller adds.

    Raises:
        ConfigError: an argument is unknown, missing, or has a value that it cannot have.
    """
    arguments = {a.name: a for a in signature.arguments if a.name not in given}
    for key, value in settings.items():
        if key == "is":
            continue
        if key in given:
            raise ConfigError(f"{where}: {key}: {name} receives it from its caller; remove it")
        if key not in arguments and not signature.open:
            raise ConfigError(f"{where}: {name} has no setting {key}; {suggest(key, arguments)}")
        problem = arguments[key].problem(value) if key in arguments else None
        if problem:
            raise ConfigError(f"{where}: {problem}")
    for key, argument in arguments.items():
        if argument.required and key not in settings:
            raise ConfigError(f"{where}: {name} needs the setting {key}")


def accepts(kind: str, settings: Mapping[str, Any], argument: str) -> bool:
    """Whether what `settings["is"]` names has an argument; nothing is imported."""
    module, attribute = locate(kind, settings["is"])
    path = source(module)
    if path is None or attribute not in signatures_of(path):
        return False
    return argument in {a.name for a in signatures_of(path)[attribute].arguments}


def _find_signature(kind: str, name: str, where: str) -> Signature:
    short, colon, attribute = name.rpartition(":")
    place = source(PLACES[kind])
    assert place is not None
    modules = _modules(place)
    if colon and short and short not in modules:
        hint = suggest(short, modules or _public(place))
        raise ConfigError(f"{where}: {name} is no {kind}; {hint}")
    if modules and not short:  # a bare name of a kind that has a folder
        stem = name.partition(".")[0]
        hint = f"write {stem}:NAME" if stem in modules else "write MODULE:NAME"
        raise ConfigError(f"{where}: {show(name)} is no {kind}; {hint}")
    path = source(locate(kind, name)[0])
    public = {} if path is None else _public(path)
    if attribute not in public:
        raise ConfigError(f"{where}: {show(attribute)} is no {kind}; {suggest(attribute, public)}")
    call = _describe_call(kind, public[attribute])
    if call is not None:
        fitting = [n for n, s in public.items() if _describe_call(kind, s) is None]
        hint = f"; {suggest(attribute, fitting)}" if fitting else ""
        raise ConfigError(f"{where}: {name} is no {kind}, which is called with {call}{hint}")
    return public[attribute]


def _public(path: Path) -> dict[str, Signature]:
    return {n: s for n, s in signatures_of(path).items() if not n.startswith("_")}


def _describe_call(kind: str, signature: Signature) -> str | None:
    """How the package calls things of a kind, if it cannot call this one so; else None."""
    if kind == "labels":
        return None if signature.returns == "Labels" else "its settings and returns Labels"
    named = NAMED.get(kind)
    passed = {*PASSED, named}
    names = {argument.name for argument in signature.arguments}
    allowed = POSITIONAL.get(kind, ((),))
    taken = tuple(a.name for a in signature.arguments if a.positional and a.name not in passed)
    if taken in allowed and (named is None or named in names or signature.open):
        return None
    return ", ".join([*allowed[0], *([] if named is None else [named])])


def _modules(place: Path) -> list[str]:
    """The modules that a block of a kind can name; none for a kind with a single module."""
    if place.name != "__init__.py":
        return []
    return [path.stem for path in place.parent.glob("[!_]*.py")]


def _check_optimizer(name: str, settings: Mapping[str, Any], where: str) -> None:
    """Check PyTorch's own classes by the source of the installed PyTorch, if there is one."""
    module, _, attribute = name.rpartition(":")
    if module != "torch.optim":
        close = attribute if attribute in _optimizers() else "Adam"
        raise ConfigError(f"{where}: {show(name)} is no optimizer; write torch.optim:{close}")
    if "lr" not in settings:
        raise ConfigError(f"{where}: {name} needs the setting lr, the learning rate")
    rate = settings["lr"]
    number = isinstance(rate, int | float) and not isinstance(rate, bool)
    if not (number and 0 < rate < math.inf):
        raise ConfigError(
            f"{where}: lr: {show(rate)}: must be a number above 0{hint_at_number(rate)}"
        )
    signatures = _optimizers()
    if not signatures:
        return  # planning on a machine without PyTorch
    if attribute not in signatures:
        raise ConfigError(f"{where}: {attribute} is no optimizer; {suggest(attribute, signatures)}")
    check_arguments(name, signatures[attribute], settings, where, {"params"})


@cache
def _optimizers() -> dict[str, Signature]:
    """The signatures of `torch.optim`, read from its files without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(next(iter(spec.submodule_search_locations))) / "optim"
    return {
        name: _narrow(signature, OPTIMIZER_RANGES)
        for path in sorted(folder.glob("[!_l]*.py"))
        for name, signature in signatures_of(path).items()
        if signature.is_class and signature.arguments and signature.arguments[0].name == "params"
        and not name.startswith("_")
    }  # fmt: skip


def _narrow(signature: Signature, ranges: Mapping[str, str]) -> Signature:
    """A signature with other ranges of some arguments."""
    return replace(
        signature,
        arguments=tuple(
            replace(a, annotation=ranges.get(a.name, a.annotation)) for a in signature.arguments
        ),
    )
