"""`respectra estimate`: the noise and JPEG quality of a data set's camera."""

from functools import partial
from pathlib import Path

from respectra.commands import Subparsers
from respectra.config import Config, ConfigError
from respectra.plans.cells import Data, folder_of


def add_parser(commands: Subparsers) -> None:
    """Add the parser of `estimate`."""
    parser = commands.add_parser(
        "estimate", help="estimate the photons and the JPEG quality of a camera from its pictures"
    )
    parser.add_argument(
        "dataset", help=f"a data set whose cubes are stored in {folder_of('datasets')}"
    )
    parser.add_argument("--pictures", help="the JPEG files, as PATH/{scene}.jpg")
    parser.set_defaults(
        run=lambda config, arguments: estimate_camera(
            config, arguments.dataset, arguments.pictures
        ),
        paths=("pictures",),
    )


def estimate_camera(config: Config, dataset_name: str, pictures: str | None) -> str:
    """Return how many electrons the camera of a data set collected, and its JPEG quality.

    Args:
        config: the tree of YAML files.
        dataset_name: a data set with stored cubes.
        pictures: a path with `{scene}`; None for the simulated observations.

    Raises:
        ConfigError: the cubes are not stored, or no scene has a picture.
    """
    from respectra.camera.estimate import estimate_electrons
    from respectra.camera.response import load_response
    from respectra.datasets.store import Store

    dataset = config.dataset(dataset_name)
    data = Data(dataset_name)
    scenes = Path(data.scenes)
    if not scenes.is_file():
        raise ConfigError(f"{scenes}: does not exist; `snakemake --cores all {scenes}` makes it")
    store, camera = Store(scenes), config.camera(dataset.camera)
    pattern = pictures or f"{data.observations}/{{scene}}.jpg"
    candidates = {scene: Path(pattern.format(scene=scene)) for scene in store.scenes()}
    files = {scene: path for scene, path in candidates.items() if path.is_file()}
    if not files:
        raise ConfigError(f"{pattern}: there is no picture of any scene of {dataset_name}")
    curves = camera.response
    response = load_response(
        curves.file,
        store.wavelengths_nm,
        columns=curves.columns,
        gains=curves.gains,
        unit=curves.unit,
    )
    cubes = {scene: partial(store.cube, scene) for scene in files}
    return str(estimate_electrons(cubes, files, response, camera.chain))
