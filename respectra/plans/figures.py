"""What a figure of a paper needs: methods, conditions, files."""

from collections.abc import Sequence

from respectra.build import ConfigError, suggest
from respectra.config import Choices, Config
from respectra.config import Figure as FigureSettings
from respectra.config.strict import plain
from respectra.plan_types import (
    ClassesPlan,
    FigureConditionPlan,
    FigureMethodPlan,
    FigurePlan,
)
from respectra.plans.cells import Cell, Data, Training
from respectra.plans.cross_data import list_in_place
from respectra.plans.digest import digest_code
from respectra.plans.editions import (
    Edition,
    describe_edition,
    is_available,
    read_edition,
    source_of,
)
from respectra.plans.runs import (
    is_chosen,
    list_methods,
    runs_of,
    title_of,
    title_of_condition,
    trainings_of,
)
from respectra.plans.splits import name_split
from respectra.plans.steps import plan_camera
from respectra.plans.table_products import list_members


def plan_figure(config: Config, paper: str, key: str, edition: str, choices: Choices) -> FigurePlan:
    """What a figure shows and the files it is drawn from.

    Raises:
        ConfigError: the paper has no such figure.
    """
    settings, of = _figure(config, paper, key), read_edition(config, edition)
    datasets = list_in_place(config, settings.datasets, of, choices)
    dataset, split = (datasets[0], settings.split) if datasets else source_of(config, settings, of)
    views = [(dataset, condition) for condition in settings.conditions]
    views += [(trained_on, scored) for trained_on in datasets for scored in datasets]
    data, camera = Data(dataset), plan_camera(config, dataset, choices)
    classes = _classes(config, dataset, split) if settings.classified else None
    labels = settings.named_methods()
    names = [("figure", settings.is_), *(("camera", part["is"]) for part in camera["chain"])]
    if classes:
        names.append(("dataset", classes["labels"]["is"]))
    return {
        "is": settings.is_,
        "caption": settings.caption,
        "edition": describe_edition(config, of, datasets),
        "scenes": data.scenes,
        "cubes": data.cubes,
        "observations": data.observations,
        "response": data.response,
        "camera": {"chain": camera["chain"], "seed": camera["seed"]},
        "split": split,
        "shown": shown_scenes(settings.scenes, of),
        "methods": [
            {
                **_figure_method(
                    config, method, of.budget, dataset, split, choices, classes, views
                ),
                "title": labels.get(method) or title_of(config, method),
            }
            for method in chosen_methods(config, settings, choices)
        ],
        "conditions": [
            _figure_condition(config, dataset, split, condition) for dataset, condition in views
        ],
        "classes": classes,
        "settings": plain(settings.settings) | ({"datasets": datasets} if datasets else {}),
        "code": digest_code([("respectra.figures.figure", "make_figure")], names),
    }


def _figure(config: Config, paper: str, key: str) -> FigureSettings:
    figures = config.paper(paper).figures
    if key not in figures:
        known = suggest(key, figures)
        raise ConfigError(f"config/papers/{paper}.yaml: {key} is no figure; {known}")
    return figures[key]


def chosen_methods(config: Config, figure: FigureSettings, choices: Choices) -> list[str]:
    """The methods of a figure that `methods` in config.yaml includes."""
    if figure.methods == "every_method":
        return list_methods(config, choices)
    return [method for method in figure.named_methods() if is_chosen(choices, method)]


def is_drawable(config: Config, paper: str, key: str, edition: str, choices: Choices) -> bool:
    """Whether a figure can be drawn of an edition's data, and shows a chosen method if it shows
    methods at all."""
    settings = _figure(config, paper, key)
    if settings.methods and not chosen_methods(config, settings, choices):
        return False
    return is_available(config, settings, read_edition(config, edition))


def shown_scenes(scenes: int | Sequence[str], edition: Edition) -> int | list[str]:
    """The names of the scenes, or how many; a stand-in shows as many of its own."""
    if isinstance(scenes, int):
        return scenes
    return len(scenes) if edition.stand_in else list(scenes)


def _figure_method(
    config: Config,
    method: str,
    budget: str,
    dataset: str,
    split: str,
    choices: Choices,
    classes: ClassesPlan | None,
    views: Sequence[tuple[str, str | None]],
) -> FigureMethodPlan:
    """A method in a figure: its title and products; on the training split, its histories."""
    runs = runs_of(config, choices, method, budget)
    # A figure of conditions shows the products under each of them, and no others; a condition is
    # one of the data set's, or another data set that is scored.
    shows_split = split != "train" and not views
    cells = [Cell(dataset, method, run, split) for run in runs] if shows_split else []
    changed = [
        [Cell(trained_on, method, run, name_split(split, condition)) for run in runs]
        for trained_on, condition in views
    ]
    is_network = config.kind(method) == "network"
    trainings = trainings_of(config, choices, method, budget) if is_network else []
    return {
        "title": title_of(config, method),
        "control": config.kind(method) == "control",
        "reconstructions": [cell.reconstructions for cell in cells],
        "members": list_members(config, cells[0]) if cells else [],
        "scores": [cell.class_scores if classes else cell.scores for cell in cells],
        "maps": [cell.class_map for cell in cells if classes],
        "histories": [
            Training(trained_on or dataset, source, run).history
            for source, run, trained_on in trainings
        ],
        "conditions": [
            {
                "reconstructions": [cell.reconstructions for cell in group],
                "scores": [cell.scores for cell in group],
            }
            for group in changed
        ],
    }


def _figure_condition(
    config: Config, dataset: str, split: str, condition: str | None
) -> FigureConditionPlan:
    """A condition in a figure: its title and the files of its data."""
    data = Data.of_split(dataset, name_split(split, condition))
    return {
        "title": title_of_condition(config, condition),
        "scenes": data.scenes,
        "observations": data.observations,
    }


def _classes(config: Config, dataset: str, split: str) -> ClassesPlan:
    """Where the labels of a data set are and what they mean."""
    classify = config.dataset(dataset).classify
    if classify is None or classify.split != split:
        raise ConfigError(f"config/datasets/{dataset}.yaml: has no `classify` on split {split}")
    return {"labels": plain(classify.labels), "names": list(classify.classes)}
