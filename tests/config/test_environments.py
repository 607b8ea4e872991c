from pathlib import Path
from types import SimpleNamespace

import pytest

from respectra.build import ConfigError
from respectra.config import environments


def of_snakemake(method: str, prefix: str | None) -> SimpleNamespace:
    return SimpleNamespace(deployment_method={method}, conda_prefix=prefix)


def test_a_space_in_the_path_of_condas_environments_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "with a space"
    place.mkdir()
    monkeypatch.chdir(place)
    environments.check_environments(of_snakemake("apptainer", None))
    environments.check_environments(of_snakemake("conda", "/data/environments"))
    for prefix in (None, "environments"):
        with pytest.raises(ConfigError, match="with a space/.*, has a space, .*; add --conda-pre"):
            environments.check_environments(of_snakemake("conda", prefix))
