"""What a page shows: scenes, each with a picture, a true cube and the cubes of methods."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Curve:
    """A method of a page, whose spectra are drawn as one curve.

    Attributes:
        title: name of the method.
        spread: what the band around the curve shows, such as `standard deviation of 3 members`;
            None without a band.
    """

    title: str
    spread: str | None = None


@dataclass(frozen=True)
class ScoreTable:
    """Scores of a page's methods.

    Attributes:
        label: of which scene and region.
        metrics: the names of the columns, as in `respectra.metrics`.
        rows: a row of values per method, in the order of the curves; None where there is no score.
    """

    label: str
    metrics: Sequence[str]
    rows: Sequence[Sequence[float | None]]


@dataclass(frozen=True)
class Scene:
    """A scene of a page.

    Attributes:
        name: of the scene.
        estimates: a cube (bands, rows, columns) per curve; None where a method has none.
        spreads: the half width of each curve's band, of the same shape; None without a band.
        truth: the true cube, of the same shape; None if it is unknown.
        metamer: a cube with the signals of the true one, of the same shape; None without.
        picture: what the camera saw, (rows, columns, 3), uint8, brightened for display; None
            composes a picture of three bands.
        scores: tables of scores.
    """

    name: str
    estimates: Sequence[Array | None]
    spreads: Sequence[Array | None]
    truth: Array | None = None
    metamer: Array | None = None
    picture: NDArray[np.uint8] | None = None
    scores: Sequence[ScoreTable] = field(default_factory=tuple)

    @property
    def cubes(self) -> list[Array]:
        """The true cube, if it is known, and those of the methods."""
        return [cube for cube in (self.truth, *self.estimates) if cube is not None]

    def check_shapes(self) -> None:
        """Check that all cubes and the picture have the same size.

        Raises:
            ValueError: two of them differ, or there is no cube.
        """
        if not self.cubes:
            raise ValueError(f"{self.name}: has no cube to show")
        shape = self.cubes[0].shape
        others = [cube for cube in (self.metamer, *self.spreads) if cube is not None]
        for cube in (*self.cubes, *others):
            if cube.shape != shape:
                raise ValueError(
                    f"{self.name}: its cubes have the shapes {describe_shape(shape)} and "
                    f"{describe_shape(cube.shape)}; a page compares cubes of one size"
                )
        if self.picture is not None and self.picture.shape != (*shape[1:], 3):
            raise ValueError(
                f"{self.name}: the picture has the shape {describe_shape(self.picture.shape)}, "
                f"the cubes have {shape[1]}×{shape[2]} pixels"
            )


def describe_shape(shape: Sequence[int]) -> str:
    """Return a shape as people write it.

    Example:
        >>> describe_shape((31, 482, 512))
        '31×482×512'
    """
    return "×".join(map(str, shape))
