"""The cubes that a table is made from, for kinds of tables that read more than scores."""

from collections.abc import Sequence

from respectra.config import Config
from respectra.config.settings import accepts
from respectra.plan_types import CellPlan, ProductsPlan
from respectra.plans.cells import Cell, Data, budget_of
from respectra.plans.conditions import find_margin
from respectra.plans.runs import member_files, trained_method
from respectra.plans.splits import split_of

SELF_ENSEMBLE = "reconstruct.self_ensemble"


def list_products(config: Config, kind: str, cells: Sequence[CellPlan]) -> list[ProductsPlan]:
    """The cubes behind the cells of a table.

    Args:
        config: the configuration.
        kind: what `is` of the table names.
        cells: of the table, a file of scores each.

    Returns:
        An entry per row and column, with a file per run; none if the kind takes no `products`.
    """
    if not accepts("table", {"is": kind}, "products"):
        return []
    products: dict[tuple[str, str], ProductsPlan] = {}
    for entry in cells:
        cell = Cell.from_path(entry["scores"])
        key = entry["row"], entry["column"]
        if key not in products:
            products[key] = _plan_products(config, entry, cell)
        products[key]["reconstructions"].append(cell.reconstructions)
        products[key]["deviations"] += list_deviations(config, kind, cell)
    return list(products.values())


def _plan_products(config: Config, entry: CellPlan, cell: Cell) -> ProductsPlan:
    data = Data.of_split(cell.dataset, cell.split)
    margin = find_margin(config, cell.dataset, cell.split)
    return {
        "row": entry["row"],
        "column": entry["column"],
        "scenes": data.scenes,
        "cubes": data.cubes,
        "observations": data.observations,
        "split": split_of(cell.split),
        "margin": margin if entry["region"] == "crop" else 0,
        "left_out": entry["left_out"],
        "reconstructions": [],
        "members": list_members(config, cell),
        "deviations": [],
    }


def list_deviations(config: Config, kind: str, cell: Cell) -> list[str]:
    """The standard deviations of the answers whose mean a self-ensemble is, if the kind of table
    shows uncertainty and a variant of the method computes them."""
    if kind != "uncertainty" or config.changes(cell.method) != {SELF_ENSEMBLE: "flips"}:
        return []
    deviations = find_deviations(config, cell)
    return [] if deviations is None else [deviations]


def find_deviations(config: Config, cell: Cell) -> str | None:
    """The standard deviations of a network's answers to the turns of each picture; None if no
    variant of the method computes them, or if the method has another training than its variants."""
    stem = cell.method.partition("-")[0]
    if trained_method(config, cell.method) != stem:
        return None
    cells = (
        Cell(cell.dataset, f"{stem}-{variant}", cell.run, cell.split)
        for variant in config.variants(stem)
        if config.changes(f"{stem}-{variant}") == {SELF_ENSEMBLE: "deviation"}
    )
    return next((each.reconstructions for each in cells), None)


def list_members(config: Config, cell: Cell) -> list[str]:
    """The reconstructions of the members of an ensemble; none for any other method."""
    if config.kind(cell.method) != "ensemble":
        return []
    return member_files(config, cell.dataset, cell.method, budget_of(cell.run), cell.split)
