"""A data set → the plan of its transfer, and what is missing before its jobs are planned.

The plan of the step that reads a data set holds the checksums of its files, so it can only be made
once they exist. Therefore the transfer is a checkpoint of Snakemake that is no input of that step:
the step depends on it as long as files are missing, and is planned again when it has ended. A data
set that was downloaded and one that a person put into its folder have the same plans.
"""

from respectra.build import ConfigError
from respectra.config import Choices, Config
from respectra.config.strict import plain
from respectra.datasets.inventory import describe_missing, find_required, has_source
from respectra.plan_types import FetchPlan
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


def find_missing_data(config: Config, dataset: str, choices: Choices) -> str | None:
    """Look for the files of a data set before its jobs are planned.

    Returns:
        None if the data set can be read; else one sentence with the missing files: whether they
        are downloaded, or where to ask for them and where to put them.

    Raises:
        ConfigError: files are missing and `download` in config.yaml forbids their transfer.
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
        return f"{describe_missing(settings, missing)}; no source has them"
    first = f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else missing[0]
    return f"{dataset}: {first} are missing in {settings.read['folder']}; a job downloads them"
