"""A data set → the plan of its transfer, and what is missing before its jobs are planned.

The plan of the step that reads a data set holds the checksums of its files, so it can only be made
once they exist. Therefore the transfer is a checkpoint of Snakemake that is no input of that step:
the step depends on it as long as files are missing, and is planned again when it has ended. A data
set that was downloaded and one that a person put into its folder have the same plans.
"""

from collections.abc import Callable, Sequence

from respectra.build import ConfigError
from respectra.config import Choices, Config
from respectra.config.strict import plain
from respectra.datasets.inventory import describe_missing, find_required, has_source
from respectra.plan_types import FetchPlan
from respectra.plans.cells import dataset_of
from respectra.plans.steps import folder_of


def plan_fetch(config: Config, dataset: str, choices: Choices) -> FetchPlan:
    """The files of a data set and where they are published.

    Raises:
        ConfigError: the data set has no block `get`.
    """
    settings = config.dataset(dataset)
    if settings.get is None:
        raise ConfigError(
            f"config/datasets/{dataset}.yaml: has no `get`, so there is nothing to download"
        )
    return {
        "name": dataset,
        "title": settings.title,
        "read": {**plain(settings.read), "folder": folder_of(config, dataset, choices)},
        "wavelengths_nm": settings.wavelengths(),
        "get": plain(settings.get),
    }


def find_missing_data(
    config: Config, dataset: str, choices: Choices, *, only_planned: bool = False
) -> str | None:
    """Look for the files of a data set before its jobs are planned.

    Args:
        config: the tree of YAML files.
        dataset: its name.
        choices: whether files are downloaded.
        only_planned: no job is run, so a data set without a source is no error yet.

    Returns:
        None if the data set can be read; else one sentence: the missing files, and whether a job
        downloads them, or where to ask for them, where to put them and the command.

    Raises:
        ConfigError: files are missing, and no source has them or `download` in config.yaml forbids
            their transfer.
    """
    settings = config.dataset(dataset)
    missing = find_required(settings)
    if not missing:
        return None
    if not choices.download:
        raise ConfigError(
            f"{describe_missing(settings, missing)}, or set `download: true` in config/config.yaml"
        )
    if not has_source(settings):
        sentence = (
            f"{describe_missing(settings, missing)}; no source has them "
            "(`snakemake available_datasets` gets the other data sets)"
        )
        if only_planned:
            return sentence
        raise ConfigError(sentence)
    first = f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else missing[0]
    return f"{dataset}: {first} are missing in {settings.read['folder']}; a job downloads them"


def find_available(
    config: Config, manifests: Sequence[str], choices: Choices, warn: Callable[[str], object]
) -> list[str]:
    """Return the manifests of the data sets that are complete or can be downloaded.

    Args:
        config: the tree of YAML files.
        manifests: of data sets.
        choices: whether files are downloaded.
        warn: is called with a sentence for each data set that is left out.
    """
    available: list[str] = []
    for manifest in manifests:
        try:
            find_missing_data(config, dataset_of(manifest), choices)
            available.append(manifest)
        except ConfigError as error:
            warn(f"left out: {error}")
    return available
