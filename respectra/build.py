"""`{is: module:Name, …}` in a YAML becomes the object: the project's only registry is its tree.

`module:Name` reaches into the kind's folder (`networks/hprn.py`, class `HPRN`); a bare name means
the kind's one page (`losses.py`, function `mrae`). Optimisers keep PyTorch's own full names.
"""

import ast
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
    "source": "respectra.datasets.sources",
    "camera": "respectra.camera",
    "figure": "respectra.figures",
    "loss": "respectra.losses",
    "optimizer": "torch",
    "schedule": "respectra.train.schedules",
    "ensemble": "respectra.ensemble",
    "fit": "respectra.fits",
    "control": "respectra.controls",
    "table": "respectra.tables.kinds",
    "metric": "respectra.metrics",
}


class ConfigError(ValueError):
    """A YAML file asks for what is not there: the message says where, what, what instead."""


def near(name: str, names: Iterable[str]) -> str:
    """What to say after naming something unknown.

    Example:
        >>> near("mrea", ["mrae", "l1"])
        'did you mean mrae?'
        >>> near("zzz", ["mrae", "l1"])
        'there are l1, mrae'
    """
    names = sorted({str(n) for n in names})
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    return "there are " + ", ".join(names) if names else "there is none"


def locate(kind: str, name: str) -> tuple[str, str]:
    """The module and the attribute that `name` means.

    Example:
        >>> locate("network", "hprn:HPRN")
        ('respectra.networks.hprn', 'HPRN')
        >>> locate("loss", "mrae")
        ('respectra.losses', 'mrae')
        >>> locate("optimizer", "torch.optim:Adam")
        ('torch.optim', 'Adam')
    """
    module, _, attribute = name.rpartition(":")
    place = PLACES[kind]
    if not module:
        return place, attribute
    if module == "torch" or module.startswith("torch."):
        return module, attribute
    return f"{place}.{module}", attribute


def build(kind: str, settings: Mapping[str, Any], *args: Any, **more: Any) -> Any:
    """Call what `settings["is"]` names with the other settings."""
    settings = dict(settings)
    return function(kind, settings.pop("is"))(*args, **settings, **more)


def function(kind: str, name: str) -> Callable[..., Any]:
    """The class or function that `name` means."""
    module, attribute = locate(kind, name)
    return getattr(importlib.import_module(module), attribute)


def check(kind: str, settings: Mapping[str, Any], where: str, given: Iterable[str] = ()) -> None:
    """Refuse an unknown name or setting without importing anything.

    Args:
        kind: one of PLACES.
        settings: `is` and the settings it is called with.
        where: the file and key to name in the message.
        given: arguments that the caller adds when it builds.

    Raises:
        ConfigError: with the near miss.
    """
    if "is" not in settings:
        raise ConfigError(f"{where}: there is no `is`; it names the {kind}")
    name = str(settings["is"])
    module, attribute = locate(kind, name)
    if module.partition(".")[0] == "torch":
        return  # theirs: PyTorch itself refuses what it does not know
    path = source(module)
    if path is None:
        parent = source(module.rpartition(".")[0])
        modules = [p.stem for p in parent.parent.glob("[!_]*.py")] if parent else []
        short = module.rpartition(".")[2]
        raise ConfigError(f"{where}: {name} is no {kind}; {near(short, modules)}")
    public = _signatures(path)
    if attribute not in public:
        raise ConfigError(f"{where}: {attribute} is no {kind}; {near(attribute, public)}")
    arguments = public[attribute]
    for key in settings:
        if key != "is" and key not in arguments:
            raise ConfigError(
                f"{where}: {name} has no setting {key}; {near(key, arguments - set(given))}"
            )


def asks(kind: str, settings: Mapping[str, Any], argument: str) -> bool:
    """Whether what `settings["is"]` names takes an argument; nothing is imported."""
    module, attribute = locate(kind, settings["is"])
    path = source(module)
    return path is not None and argument in _signatures(path).get(attribute, ())


@cache
def source(module: str) -> Path | None:
    """The file of a module of this package; found without importing it."""
    package, *way = module.split(".")
    if package != PACKAGE.name:
        return None
    place = PACKAGE.joinpath(*way)
    candidates = place.with_suffix(".py"), place / "__init__.py"
    return next((path for path in candidates if path.is_file()), None)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _signatures(path: Path) -> dict[str, set[str]]:
    """The public classes and functions of a file, with the names of their arguments."""
    found: dict[str, set[str]] = {}
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef):
            init = next((n for n in node.body if getattr(n, "name", "") == "__init__"), None)
            found[node.name] = _arguments(init) if isinstance(init, ast.FunctionDef) else set()
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = _arguments(node)
    return {name: arguments for name, arguments in found.items() if not name.startswith("_")}


def _arguments(node: ast.FunctionDef) -> set[str]:
    return {a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]}
