"""What Snakemake can do with the environments of conda."""

from pathlib import Path
from typing import Any

from respectra.build import ConfigError


def check_environments(deployment: Any) -> None:
    """Refuse a folder of conda environments that Snakemake cannot handle.

    Snakemake runs the scripts of conda's environments without quotes around their path.

    Args:
        deployment: how Snakemake provides software: its settings.

    Raises:
        ConfigError: the path has a space.
    """
    folder = Path(deployment.conda_prefix or ".snakemake/conda").absolute()
    if "conda" in {str(method) for method in deployment.deployment_method} and " " in str(folder):
        raise ConfigError(
            f"--use-conda: the path of the environments, {folder}, has a space, which Snakemake "
            "cannot handle; add --conda-prefix FOLDER, a folder whose path has no space"
        )
