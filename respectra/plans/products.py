"""The files that tables, figures and pages are made from, and what each step makes for them."""

from collections.abc import Iterable

from respectra.config import Choices, Config, Dataset
from respectra.plan_types import FigurePlan, TablePlan
from respectra.plans.cells import Cell, Data, Page, dataset_of, step_of
from respectra.plans.editions import read_edition
from respectra.plans.figures import is_drawable, plan_figure
from respectra.plans.runs import list_methods, runs_of
from respectra.plans.tables import plan_table
from respectra.plans.views import is_viewable


def files_of_table(plan: TablePlan) -> set[str]:
    """The files that a table is made from: scores, published values, plans of trainings."""
    cells = [*plan["cells"]]
    cells += [cell for group in plan["compared_with"].values() for rival in group for cell in rival]
    given = [plan["published"], plan["timings"]]
    if plan["primary"]:
        cells += plan["primary"]["cells"]
        given.append(plan["primary"]["published"])
    files = {file for file in given if file is not None}
    for products in plan["products"]:
        files |= {products["scenes"], products["cubes"], products["observations"]}
        files.update(products["reconstructions"], products["members"], products["deviations"])
    return files | {cell["scores"] for cell in cells} | set(plan["trained"])


def files_of_figure(plan: FigurePlan) -> set[str]:
    """The files that a figure is drawn from: the data set and the products of its methods."""
    files = {plan["scenes"], plan["cubes"], plan["observations"], plan["response"]}
    for method in plan["methods"]:
        files.update(
            method["reconstructions"], method["members"], method["scores"], method["maps"],
            method["histories"],
        )  # fmt: skip
        for products in method["conditions"]:
            files.update(products["reconstructions"], products["scores"])
    for condition in plan["conditions"]:
        files.update([condition["scenes"], condition["observations"]])
    return files


def table_files(config: Config, paper: str, key: str, edition: str, choices: Choices) -> list[str]:
    """The files that a table is made from, in order."""
    return sorted(files_of_table(plan_table(config, paper, key, edition, choices)))


def figure_files(config: Config, paper: str, key: str, edition: str, choices: Choices) -> list[str]:
    """The files that a figure is drawn from, in order."""
    return sorted(files_of_figure(plan_figure(config, paper, key, edition, choices)))


def pages(
    config: Config,
    choices: Choices,
    kind: str,
    edition: str,
    papers: Iterable[str] | None = None,
) -> list[Page]:
    """The tables, figures or pages that are made.

    Args:
        config: the configuration.
        choices: `make` says which, `methods` which figures and pages have something to show.
        kind: tables, figures or pages.
        edition: a budget, perhaps with a stand-in.
        papers: all items of that kind of these papers; None: those that `make` lists.
    """
    chosen: list[Page] = []
    for paper in choices.make if papers is None else papers:
        keys = getattr(config.paper(paper), kind)
        listed = "everything" if papers is not None else choices.make[paper]
        for key in keys:
            if listed != "everything" and key not in listed:
                continue
            if kind == "figures" and not is_drawable(config, paper, key, edition, choices):
                continue
            if kind == "pages" and not is_viewable(config, paper, key, choices):
                continue
            chosen.append(Page(kind, paper, key, edition))
    return chosen


def products(step: str, tables: Iterable[TablePlan], figures: Iterable[FigurePlan]) -> set[str]:
    """Every product of one step that tables and figures rest on.

    Args:
        step: datasets, camera, train, conditions, reconstruct or score.
        tables: plans of tables.
        figures: plans of figures.
    """
    files = {file for plan in tables for file in files_of_table(plan)}
    files |= {file for plan in figures for file in files_of_figure(plan)}
    ours = {file for file in files if step_of(file)}
    if step == "datasets":
        return {Data(dataset_of(file)).scenes for file in ours}
    if step == "camera":
        return {Data(dataset_of(file)).observations for file in ours}
    if step == "conditions":
        shown = {file for file in ours if step_of(file) == "conditions"}
        cells = [Cell.from_path(file) for file in ours if step_of(file) == "score"]
        data = [Data.of_split(cell.dataset, cell.split) for cell in cells]
        return {file for file in shown if file.endswith(".csv")} | {
            item.scenes for item in data if item.split is not None
        }
    if step == "reconstruct":
        scored = {file for file in ours if step_of(file) == "score"}
        return {Cell.from_path(file).reconstructions for file in scored}
    return {file for file in ours if step_of(file) == step}


def chosen_products(config: Config, step: str, edition: str, choices: Choices) -> list[str]:
    """The files of one step that the chosen tables and figures need, in order."""
    tables = [
        plan_table(config, page.paper, page.key, edition, choices)
        for page in pages(config, choices, "tables", edition)
    ]
    figures = [
        plan_figure(config, page.paper, page.key, edition, choices)
        for page in pages(config, choices, "figures", edition)
    ]
    return sorted(products(step, tables, figures))


def submissions(config: Config, edition: str, choices: Choices) -> list[str]:
    """An archive of the challenge's test images for every method that needs no truth."""
    budget, stand_in = read_edition(config, edition)
    dataset = stand_in or "arad1k"
    split = scored_split(config.dataset(dataset))
    return [
        Cell(dataset, method, run, split).submission
        for method in list_methods(config, choices)
        if config.kind(method) != "control"
        for run in runs_of(config, choices, method, budget)
    ]


def scored_split(dataset: Dataset) -> str:
    """The split of pictures whose truth the challenge keeps: `test`, or `valid` without one."""
    return "test" if "test" in dataset.splits else "valid"
