"""Checks of `{is: module:Name, …}` blocks: names, missing, unknown and wrong arguments.

Nothing that a block names is imported, so planning needs neither PyTorch nor a network.
"""

import ast
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from respectra.build import ConfigError, locate, source, suggest
from respectra.signatures import Signature, signatures_of

# PyTorch annotates these arguments as `float` or `float | Tensor` and checks them when it trains.
OPTIMIZER_RANGES = {
    "betas": "tuple[Fraction, Fraction]",
    "eps": "NotNegative",
    "momentum": "Fraction",
    "weight_decay": "NotNegative",
}


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
        raise ConfigError(f"{where}: is: {name!r} is not a name; it names the {kind}")
    if kind == "optimizer":
        _check_optimizer(name, settings, where)
        return
    signature = _find_signature(kind, name, where)
    check_arguments(name, signature, settings, where, set(given))


def check_arguments(
    name: str,
    signature: Signature,
    settings: Mapping[str, Any],
    where: str,
    given: set[str],
) -> None:
    """Compare the settings with a signature.

    Raises:
        ConfigError: an argument is unknown, missing, or has a value that it cannot have.
    """
    known = {argument.name for argument in signature.arguments} - given
    for key, value in settings.items():
        if key == "is":
            continue
        if key not in known and not signature.open:
            raise ConfigError(f"{where}: {name} has no setting {key}; {suggest(key, known)}")
        argument = next((a for a in signature.arguments if a.name == key), None)
        problem = argument.problem(value) if argument else None
        if problem:
            raise ConfigError(f"{where}: {key}: {value!r}: {problem}")
    for argument in signature.arguments:
        # A positional argument is data that the caller passes; settings are keyword-only.
        missing = argument.name not in settings and argument.name not in given
        if argument.required and not argument.positional and missing:
            raise ConfigError(f"{where}: {name} needs the setting {argument.name}")


def accepts(kind: str, settings: Mapping[str, Any], argument: str) -> bool:
    """Whether what `settings["is"]` names has an argument; nothing is imported."""
    module, attribute = locate(kind, settings["is"])
    path = source(module)
    if path is None or attribute not in signatures_of(path):
        return False
    return argument in {a.name for a in signatures_of(path)[attribute].arguments}


def _find_signature(kind: str, name: str, where: str) -> Signature:
    module, attribute = locate(kind, name)
    path = source(module)
    if path is None:
        parent = source(module.rpartition(".")[0])
        modules = [p.stem for p in parent.parent.glob("[!_]*.py")] if parent else []
        short = module.rpartition(".")[2]
        raise ConfigError(f"{where}: {name} is no {kind}; {suggest(short, modules)}")
    public = {n: s for n, s in signatures_of(path).items() if not n.startswith("_")}
    if attribute not in public:
        raise ConfigError(f"{where}: {attribute} is no {kind}; {suggest(attribute, public)}")
    return public[attribute]


def _check_optimizer(name: str, settings: Mapping[str, Any], where: str) -> None:
    """Check PyTorch's own classes by the source of the installed PyTorch, if there is one."""
    module, _, attribute = name.rpartition(":")
    if not (module == "torch.optim" or module.startswith("torch.optim.")):
        raise ConfigError(f"{where}: {name} is no optimizer; write torch.optim:Adam")
    if "lr" not in settings:
        raise ConfigError(f"{where}: {name} needs the setting lr, the learning rate")
    rate = settings["lr"]
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not rate > 0:
        text = isinstance(rate, str) and rate.replace("e", "").replace("-", "").isdigit()
        hint = "; YAML reads it as text, write it with a point as in 1.0e-4" if text else ""
        raise ConfigError(f"{where}: lr: {rate!r}: must be a number above 0{hint}")
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
        name: _with_ranges(signature)
        for path in sorted(folder.glob("[!_l]*.py"))
        for name, signature in signatures_of(path).items()
        if signature.is_class and signature.arguments and signature.arguments[0].name == "params"
        and not name.startswith("_")
    }  # fmt: skip


def _with_ranges(optimizer: Signature) -> Signature:
    """The signature of an optimizer with the ranges of its arguments."""
    return replace(
        optimizer,
        arguments=tuple(
            replace(a, annotation=ast.parse(OPTIMIZER_RANGES[a.name], mode="eval").body)
            if a.name in OPTIMIZER_RANGES
            else a
            for a in optimizer.arguments
        ),
    )
