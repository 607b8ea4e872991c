"""`respectra list` and `respectra show`: the methods and their plans."""

from typing import Any

import yaml

from respectra.commands import Subparsers
from respectra.config import Config
from respectra.plans import runs
from respectra.plans.cells import name_run
from respectra.plans.steps import plan_control, plan_ensemble, plan_reconstruct, plan_train


def add_parser(commands: Subparsers) -> None:
    """Add the parsers of `list` and `show`."""
    listing = commands.add_parser("list", help="list all methods with their variants")
    listing.set_defaults(run=lambda config, arguments: list_methods(config))
    show = commands.add_parser("show", help="print the resolved settings of a method")
    show.add_argument("method", help="a name in config/methods, perhaps with -variant")
    show.add_argument("--budget", default="full", help="a name in config/budgets (default: full)")
    show.set_defaults(
        run=lambda config, arguments: show_method(config, arguments.method, arguments.budget)
    )


def list_methods(config: Config) -> str:
    """Return a line per method: name, kind, title; below it the names of its variants."""
    lines = []
    for name in runs.list_methods(config):
        lines.append(f"{name:26} {config.kind(name):9} {config.method(name).title}")
        if variants := ", ".join(config.variants(name)):
            lines.append(f"{'':37}variants: {variants}")
    return "\n".join(lines)


def show_method(config: Config, method: str, budget: str) -> str:
    """Return the plan of a method as YAML.

    Args:
        config: the tree of YAML files.
        method: a name in config/methods, perhaps with `-variant`.
        budget: a name in config/budgets.

    Returns:
        For a network, what `plan.yaml` next to its checkpoint holds, and how it reconstructs; for
        an ensemble, its settings and members; for a control or a fit, its settings.

    Raises:
        ConfigError: the method or the budget is unknown.
    """
    kind = config.kind(method)
    settings: dict[str, Any]
    if kind == "network":
        settings = {**plan_train(config, method, budget, config.choices().extra_datasets)}
        reconstruct = plan_reconstruct(config, method, name_run(budget, 0))
        settings["reconstruct"] = reconstruct["reconstruct"]
    elif kind == "ensemble":
        members = runs.members_of(config, method, budget)
        settings = {
            **plan_ensemble(config, method),
            "members": [f"{m.method}/{m.run}" for m in members],
        }
    else:
        settings = {**plan_control(config, method, budget)}
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).rstrip()
