import numpy as np
import pytest

from respectra.page.scene import Scene, describe_shape
from tests.conftest import smooth_cube

CUBE = smooth_cube(6, 8)


def test_the_cubes_are_the_truth_and_those_of_methods_that_have_one() -> None:
    scene = Scene("a", estimates=[None, CUBE * 2], spreads=[None, None], truth=CUBE)
    assert [cube is CUBE for cube in scene.cubes] == [True, False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"estimates": [CUBE[:, :5]]}, "31×6×8 and 31×5×8"),
        ({"spreads": [CUBE[:30]]}, "31×6×8 and 30×6×8"),
        ({"picture": np.zeros((8, 6, 3), np.uint8)}, "8×6×3, the cubes have 6×8 pixels"),
        ({"truth": None, "estimates": [None]}, "a: has no cube to show"),
    ],
)
def test_cubes_and_picture_have_one_size(changes: dict[str, object], message: str) -> None:
    settings = {"estimates": [CUBE], "spreads": [None], "truth": CUBE, **changes}
    with pytest.raises(ValueError, match=message):
        Scene("a", **settings).check_shapes()  # type: ignore[arg-type]


def test_a_shape_is_written_with_crosses() -> None:
    assert describe_shape((1, 2)) == "1×2"
