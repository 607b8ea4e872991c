"""What a page for a browser needs: scenes, methods, files."""

from collections.abc import Sequence
from pathlib import Path

from respectra.build import ConfigError, suggest
from respectra.config import Choices, Config
from respectra.config import Page as PageSettings
from respectra.plan_types import CurvePlan, EditionPlan, PagePlan
from respectra.plans.cells import Cell, Data, budget_of
from respectra.plans.contents import checksums
from respectra.plans.digest import digest_code
from respectra.plans.editions import describe_edition, read_edition, source_of
from respectra.plans.figures import shown_scenes
from respectra.plans.runs import is_chosen, member_files, runs_of, title_of
from respectra.plans.splits import condition_of, name_split, split_of
from respectra.plans.table_products import find_deviations

TEMPLATES = Path(__file__).parents[1] / "page"
METAMERS = "metamer"  # the condition whose metamers a page of runs shows, if they are made
TURNS = 8  # answers of a self-ensemble
TEMPLATE_SUFFIXES = (".html", ".css", ".js")


def plan_page(config: Config, paper: str, key: str, edition: str, choices: Choices) -> PagePlan:
    """What a page of a paper shows and the files it is made from.

    Raises:
        ConfigError: the paper has no such page, or none of its methods is chosen.
    """
    settings, of = _page(config, paper, key), read_edition(config, edition)
    dataset, split = source_of(config, settings, of)
    groups = [
        [Cell(dataset, method, run, split) for run in runs_of(config, choices, method, of.budget)]
        for method in settings.methods
        if is_chosen(choices, method)
    ]
    if not groups:
        raise ConfigError(
            f"config/papers/{paper}.yaml: pages.{key}: shows none of the chosen methods; "
            f"add one of {', '.join(settings.methods)}"
        )
    return _plan_page(
        config, groups, settings.caption, shown_scenes(settings.scenes, of), settings.precision,
        describe_edition(config, of), settings.metamers,
    )  # fmt: skip


def plan_runs(
    config: Config, cells: Sequence[Cell], shown: int | list[str], precision: str
) -> PagePlan:
    """What a page of finished runs shows: all of one data set and split.

    Raises:
        ConfigError: the runs are of two data sets or splits, or a name is unknown.
    """
    first = cells[0]
    for cell in cells:
        if (cell.dataset, cell.split) != (first.dataset, first.split):
            raise ConfigError(
                f"{cell.reconstructions}: is of {cell.dataset}/{cell.split}, but "
                f"{first.reconstructions} is of {first.dataset}/{first.split}; "
                "a page shows the methods of one data set and split"
            )
    caption = f"Reconstructions of split {first.split}."
    metamers = METAMERS if METAMERS in config.conditions and not condition_of(first.split) else None
    plan = _plan_page(config, [[cell] for cell in cells], caption, shown, precision, None, metamers)
    titles = [method["title"] for method in plan["methods"]]
    for method, cell in zip(plan["methods"], cells, strict=True):
        if titles.count(method["title"]) > 1:  # two runs of one method
            method["title"] += f", {cell.run}"
    return plan


def page_files(config: Config, paper: str, key: str, edition: str, choices: Choices) -> list[str]:
    """The files that a page is made from, in order."""
    return files_of_page(plan_page(config, paper, key, edition, choices))


def files_of_page(plan: PagePlan) -> list[str]:
    """The files that a page is made from, in order."""
    files = {plan["scenes"], plan["cubes"], plan["observations"]}
    files.update([plan["metamers"]] if plan["metamers"] else [])
    for method in plan["methods"]:
        files.update([method["reconstructions"], method["scores"], *method["others"]])
        files.update([method["deviations"]] if method["deviations"] else [])
    return sorted(files)


def is_viewable(config: Config, paper: str, key: str, choices: Choices) -> bool:
    """Whether a page shows a chosen method."""
    return any(is_chosen(choices, method) for method in _page(config, paper, key).methods)


def _page(config: Config, paper: str, key: str) -> PageSettings:
    pages = config.paper(paper).pages
    if key not in pages:
        known = suggest(key, pages)
        raise ConfigError(f"config/papers/{paper}.yaml: {key} is no page; {known}")
    return pages[key]


def _plan_page(
    config: Config,
    groups: Sequence[Sequence[Cell]],
    caption: str,
    shown: int | list[str],
    precision: str,
    edition: EditionPlan | None,
    metamers: str | None,
) -> PagePlan:
    """The plan of a page with a method per group of runs."""
    dataset = config.dataset(groups[0][0].dataset)
    split = groups[0][0].split
    data = Data.of_split(dataset.name, split)
    templates = {p.name: p for p in TEMPLATES.iterdir() if p.suffix in TEMPLATE_SUFFIXES}
    return {
        "title": dataset.title,
        "caption": caption,
        "edition": edition,
        "quantity": dataset.quantity,
        "scenes": data.scenes,
        "cubes": data.cubes,
        "observations": data.observations,
        "metamers": metamers and Data.of_split(dataset.name, name_split(split, metamers)).scenes,
        "split": split_of(split),
        "shown": shown,
        "methods": [_curve(config, cells) for cells in groups],
        "precision": precision,
        "files": checksums(templates),
        "code": digest_code([("respectra.page.runs", "make_page")]),
    }


def _curve(config: Config, cells: Sequence[Cell]) -> CurvePlan:
    """A method of a page. The spread is over its members or its seeds; that of a network with one
    training is over the turns of the picture."""
    cell, others, spread = cells[0], [other.reconstructions for other in cells[1:]], None
    deviations = None
    if config.kind(cell.method) == "ensemble":
        others = member_files(config, cell.dataset, cell.method, budget_of(cell.run), cell.split)
        spread = f"standard deviation of {len(others)} members"
    elif others:
        others = [cell.reconstructions, *others]
        spread = f"standard deviation of {len(others)} seeds"
    elif (deviations := find_deviations(config, cell)) is not None:
        spread = f"standard deviation over {TURNS} flips and quarter turns of the picture"
    return {
        "title": title_of(config, cell.method),
        "reconstructions": cell.reconstructions,
        "scores": cell.scores,
        "others": others,
        "deviations": deviations,
        "spread": spread,
    }
