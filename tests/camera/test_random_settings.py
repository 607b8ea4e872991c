import numpy as np
import pytest

from respectra.camera.random_settings import photograph_signal


def signal(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = np.kron(rng.random((3, 4, 4)), np.ones((1, 8, 8)))
    return smooth + 0.05


def test_pictures_depend_on_the_seed_only() -> None:
    first, second, repeated = (
        photograph_signal(signal(), np.random.default_rng(s)) for s in (0, 1, 0)
    )
    assert (first.shape, first.dtype) == ((3, 32, 32), np.uint8)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, repeated)


@pytest.mark.parametrize("clipped", [True, False])
def test_pictures_are_clipped_as_the_argument_states(clipped: bool) -> None:
    rng = np.random.default_rng(0)
    are_clipped = [
        photograph_signal(signal(i), rng, clipped=clipped).max() == 255 for i in range(20)
    ]
    assert are_clipped == [clipped] * 20


def test_the_brightness_varies_around_that_of_the_challenge() -> None:
    rng = np.random.default_rng(0)
    means = [photograph_signal(signal(), rng).mean() / 255 for _ in range(60)]
    assert 0.08 < min(means) < 0.12
    assert 0.24 < max(means) < 0.38
    assert np.median(means) == pytest.approx(0.18, abs=0.05)
