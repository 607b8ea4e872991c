"""The weights that come with the package: which there are, and where."""

from pathlib import Path

from respectra.build import suggest

FOLDER = Path(__file__).parent
SUFFIX = ".safetensors"
ORDINARY = "srgb"  # the camera of ordinary photographs, whose weights are the default


def list_weights() -> list[tuple[str, str]]:
    """Return method and camera of all weights, for each method those for `srgb` first."""
    stems = [path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}")]
    pairs = [(stem.partition(".")[0], stem.partition(".")[2]) for stem in stems]
    return sorted(pairs, key=lambda pair: (pair[0], pair[1] != ORDINARY, pair[1]))


def find_weights(method: str, camera: str | None = None) -> Path:
    """Return the file of weights of a method.

    Args:
        method: the name of the method.
        camera: for whose pictures they are; None for ordinary photographs.

    Raises:
        ValueError: the package has no such weights.
    """
    pairs = list_weights()
    cameras = [name for known, name in pairs if known == method]
    if not cameras:
        hint = suggest(method, {known for known, _ in pairs})
        raise ValueError(
            f"{method}: the package has no weights of this method, {hint}; "
            "name a file with --weights"
        )
    if camera is not None and camera not in cameras:
        raise ValueError(
            f"{camera}: is no file, and no camera that the package has weights of {method} for; "
            f"{suggest(camera, cameras)}"
        )
    return FOLDER / f"{method}.{camera or cameras[0]}{SUFFIX}"
