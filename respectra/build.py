"""`{is: module:Name, …}` in a YAML file becomes an object; the folders are the only registry.

`module:Name` is a name in the kind's folder (`networks/hprn.py`, class `HPRN`); a bare name is one
in the kind's single module (`losses.py`, function `mrae`). Optimisers keep PyTorch's own names.
`respectra.config.settings` checks such a block without importing what it names.
"""

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
PLACES = {
    "network": "respectra.networks",
    "dataset": "respectra.datasets",
    "labels": "respectra.datasets",
    "source": "respectra.datasets.sources",
    "camera": "respectra.camera",
    "figure": "respectra.figures",
    "loss": "respectra.losses",
    "optimizer": "torch.optim",
    "schedule": "respectra.train.schedules",
    "ensemble": "respectra.ensemble",
    "fit": "respectra.fits",
    "control": "respectra.controls",
    "table": "respectra.tables.kinds",
    "metric": "respectra.metrics",
}


class ConfigError(ValueError):
    """A mistake in the configuration: the message says where, what, and what instead.

    Args:
        message: one sentence; characters that a terminal does not show become spaces, because it
            repeats what stands in a file.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(c if c.isprintable() else " " for c in message))


def suggest(name: str, names: Iterable[str]) -> str:
    """What a message says after an unknown name: the closest known one, or all of them.

    Example:
        >>> suggest("mrea", ["mrae", "l1"])
        'did you mean mrae?'
        >>> suggest("zzz", ["mrae", "l1"])
        'known are l1, mrae'
    """
    known = sorted({str(n) for n in names})
    by_lower_case = {n.lower(): n for n in known}
    close = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1, cutoff=0.5)
    if close:
        return f"did you mean {by_lower_case[close[0]]}?"
    return "known are " + ", ".join(known) if known else "none is known"


def locate(kind: str, name: str) -> tuple[str, str]:
    """The module and the attribute that a name means.

    Example:
        >>> locate("network", "hprn:HPRN")
        ('respectra.networks.hprn', 'HPRN')
        >>> locate("loss", "mrae")
        ('respectra.losses', 'mrae')
        >>> locate("optimizer", "torch.optim:Adam")
        ('torch.optim', 'Adam')
    """
    module, _, attribute = name.rpartition(":")
    if not module:
        return PLACES[kind], attribute
    if kind == "optimizer":
        return module, attribute
    return f"{PLACES[kind]}.{module}", attribute


def build(kind: str, settings: Mapping[str, Any], *args: Any, **more: Any) -> Any:
    """Call what `settings["is"]` names with the other settings.

    Raises:
        ConfigError: a name is not allowed for the kind, or a network or optimiser cannot be made
            of its settings.
    """
    arguments = dict(settings)
    name = arguments.pop("is")
    call = function(kind, name)
    if kind not in ("network", "optimizer"):
        return call(*args, **arguments, **more)
    try:
        return call(*args, **arguments, **more)
    except ConfigError:
        raise
    except (
        ValueError, TypeError, RuntimeError, MemoryError, ArithmeticError, LookupError,
        AttributeError, AssertionError,
    ) as error:  # fmt: skip
        from respectra.messages import show  # only here: planning reads this module without YAML

        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ConfigError(
            f"{kind}: {name} cannot be made of {show({**arguments, **more})}: {reason}"
        ) from error


def function(kind: str, name: str) -> Callable[..., Any]:
    """The class or function that a name means.

    Raises:
        ConfigError: the name leads out of the place of its kind, or to an optimiser that is not
            one of PyTorch.
    """
    module, attribute = locate(kind, name)
    if kind == "optimizer" and module != "torch.optim":
        raise ConfigError(f"optimizer: {name} is not in torch.optim; write torch.optim:Adam")
    if not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise ConfigError(f"{kind}: {name} is not a name of a {kind}")
    selected = getattr(importlib.import_module(module), attribute)
    if kind == "optimizer" and not (isinstance(selected, type) and hasattr(selected, "zero_grad")):
        raise ConfigError(f"optimizer: {name} is no optimizer; write torch.optim:Adam")
    return selected


@cache
def source(module: str) -> Path | None:
    """The file of a module of this package, found without importing it."""
    package, *parts = module.split(".")
    if package != PACKAGE.name:
        return None
    stem = PACKAGE.joinpath(*parts)
    candidates = stem.with_suffix(".py"), stem / "__init__.py"
    return next((path for path in candidates if path.is_file()), None)
