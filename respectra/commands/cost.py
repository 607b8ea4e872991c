"""`respectra cost`: GPU-hours and disk space of a paper."""

from respectra.commands import Subparsers
from respectra.config import Config
from respectra.costs.paper import estimate_trainings, report_costs
from respectra.costs.training_times import compare_training_times, list_training_times


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `cost`."""
    parser = commands.add_parser("cost", help="estimate GPU-hours and disk space of a paper")
    parser.add_argument("paper", help="a name in config/papers")
    parser.add_argument(
        "--edition", default="full", help="budget or budget.dataset (default: full)"
    )
    parser.set_defaults(
        run=lambda config, arguments: estimate_costs(config, arguments.paper, arguments.edition)
    )


def estimate_costs(config: Config, paper: str, edition: str) -> str:
    """Return a line per method with its training time, the sum, and the disk space.

    Training times that the paper prints follow, each next to the hours estimated for its entry.

    Args:
        config: the tree of YAML files.
        paper: a name in config/papers.
        edition: `budget` or `budget.dataset`.

    Raises:
        ConfigError: the paper or the edition is unknown.
    """
    choices = config.choices()
    costs = estimate_trainings(config, paper, edition, choices)
    times = list(list_training_times(config, paper, edition, choices, costs))
    lines = [
        *report_costs(config, paper, edition, choices),
        *compare_training_times(times),
    ]
    return "\n".join(lines)
