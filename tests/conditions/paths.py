"""The files that a condition is made from and the files that it writes."""

from pathlib import Path

from tests.conftest import Data


def make_paths(data: Data, root: Path) -> dict[str, Path]:
    """The arguments of `make_condition` and `make_cross_data` that are files."""
    return {
        "scenes": data.scenes,
        "observations": data.observations,
        "pictures": data.observations.with_name("scenes.csv"),
        "response": data.response,
        "save_scenes": root / "scenes.csv",
        "save_wavelengths": root / "wavelengths.csv",
        "save_cubes": root / "cubes",
        "save_observations": root / "camera/observations",
        "save_response": root / "camera/response.csv",
        "save_pictures": root / "camera/scenes.csv",
    }
