"""The identity of a training: two trainings with one fingerprint compute the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from respectra.files import sha256


def compute_fingerprint(
    plan: Mapping[str, Any],
    seed: int,
    initial_checkpoint: str | Path | None,
    tables: Sequence[Path] = (),
) -> str:
    """Return digests that are equal for two trainings that compute the same.

    Args:
        plan: of the training.
        seed: of the training.
        initial_checkpoint: the file whose weights the network starts with; its content counts.
        tables: files that describe the data, see `list_data_tables`; their contents count.

    Returns:
        The digest of the recipe, a hyphen, and the digest of the data, in hexadecimal digits.
    """
    weights = None if initial_checkpoint is None else sha256(initial_checkpoint)
    recipe = json.dumps([plan, seed, weights], sort_keys=True)
    data = json.dumps([[path.name, sha256(path)] for path in tables])
    return "-".join(hashlib.sha256(text.encode()).hexdigest() for text in (recipe, data))


def list_data_tables(
    scenes: str | Path, observations: str | Path, extra_manifests: Sequence[str | Path] = ()
) -> list[Path]:
    """Return the tables whose contents change if any cube or picture of a training changes.

    Args:
        scenes: the data set's manifest, which has a checksum of every cube.
        observations: the camera's folder; its table has a checksum of every picture.
        extra_manifests: of other data sets.

    Returns:
        Existing files only.
    """
    manifests = [Path(scenes), *map(Path, extra_manifests)]
    camera = Path(observations).parent
    tables = [
        *(place for path in manifests for place in (path, path.with_name("wavelengths.csv"))),
        camera / "scenes.csv",
        camera / "response.csv",
    ]
    return [path for path in tables if path.is_file()]


def compare_fingerprints(old: str, new: str) -> str | None:
    """Return in a few words how the training of a file differs from the present one, or None."""
    if old == new:
        return None
    same_recipe = old.partition("-")[0] == new.partition("-")[0]
    return "belongs to other data" if same_recipe else "belongs to another plan"


def is_trained(fingerprint: str, products: Sequence[str | Path]) -> bool:
    """Return whether a training with this fingerprint has written all its products.

    Args:
        fingerprint: of the training; `machine.yaml` beside the products states it.
        products: the files.
    """
    machine = Path(products[0]).with_name("machine.yaml")
    if not all(Path(path).is_file() for path in (machine, *products)):
        return False
    return f"fingerprint: {fingerprint}" in machine.read_text(encoding="utf-8").splitlines()
