import builtins

import numpy as np
import pytest
import skimage.data

from respectra.datasets.superpixels import label_superpixels

PIXELS = skimage.data.astronaut()[100:164, 180:260]
SETTINGS = {"segments": [8, 12, 16, 20], "compactness": 10.0}


@pytest.mark.parametrize("backend", ["fast_slic", "skimage"])
def test_each_scale_has_a_map_of_labels_from_one(backend: str) -> None:
    labels = label_superpixels(PIXELS, backend=backend, **SETTINGS)
    assert labels.shape == (4, 64, 80)
    assert labels.min() == 1
    assert [len(np.unique(scale)) > 3 for scale in labels] == [True] * 4


@pytest.mark.parametrize("backend", ["fast_slic", "skimage"])
def test_the_same_image_gives_the_same_labels(backend: str) -> None:
    first, second = (label_superpixels(PIXELS, backend=backend, **SETTINGS) for _ in "ab")
    np.testing.assert_array_equal(first, second)


def test_a_missing_fast_slic_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import_module = builtins.__import__

    def without(name: str, *rest):
        if name == "fast_slic":
            raise ImportError(name)
        return import_module(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match="fast_slic is not installed; run `make setup`"):
        label_superpixels(PIXELS, backend="fast_slic", **SETTINGS)


def test_an_unknown_library_is_named() -> None:
    with pytest.raises(
        ValueError, match="backend: slic is unknown; choose one of fast_slic, skimage"
    ):
        label_superpixels(PIXELS, backend="slic", **SETTINGS)


@pytest.mark.parametrize("backend", ["fast_slic", "skimage"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 1), (2, 3), (4, 4)])
def test_an_image_with_fewer_pixels_than_segments_has_labels(
    backend: str, size: tuple[int, int]
) -> None:
    """fast_slic divides by zero there, which ends the process without a word."""
    labels = label_superpixels(PIXELS[: size[0], : size[1]], backend=backend, **SETTINGS)
    assert labels.shape == (4, *size)
    assert labels.min() >= 1
    assert labels.max() <= size[0] * size[1]
