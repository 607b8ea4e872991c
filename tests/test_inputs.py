import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.datasets.superpixels import label_superpixels
from respectra.fits.fast import Fast
from respectra.inputs import InputAssembler, random_inputs
from tests.conftest import Data
from tests.small_plans import SUPERPIXELS, make_inputs

WINDOW = slice(8, 24), slice(16, 32)


def make_assembler(data: Data, scale: str = "unit", **changes: object) -> InputAssembler:
    inputs = make_inputs(scale, **changes)
    return InputAssembler(inputs, Store(data.scenes), Observations(data.observations))


def read_patch(assembler: InputAssembler) -> NDArray[np.float32]:
    return assembler.observations.pixels("a")[WINDOW].astype(np.float32)


@pytest.mark.parametrize("scale", ["per_image", "max"])
def test_a_patch_is_scaled_by_the_range_of_the_whole_image(data: Data, scale: str) -> None:
    assembler = make_assembler(data, scale)
    pixels = assembler.observations.pixels("a").astype(np.float32)
    low = pixels.min() if scale == "per_image" else 0
    expected = (pixels - low) / (pixels.max() - low)
    patch = read_patch(assembler)
    assert patch.max() < pixels.max()  # so that the two ranges differ
    rgb = assembler.assemble_patch("a", patch)["rgb"]
    np.testing.assert_allclose(rgb, np.moveaxis(expected[WINDOW], -1, 0), rtol=1e-6)
    np.testing.assert_array_equal(rgb, assembler.assemble_image("a")["rgb"][:, *WINDOW])


def test_a_simulated_picture_is_scaled_by_its_own_range(data: Data) -> None:
    assembler = make_assembler(data, "per_image")
    rgb = assembler.assemble_patch("a", read_patch(assembler), simulated=True)["rgb"]
    assert (rgb.min(), rgb.max()) == (0, 1)


def test_the_unit_scale_divides_by_255(data: Data) -> None:
    assembler = make_assembler(data)
    rgb = assembler.assemble_image("a")["rgb"]
    assert rgb.dtype == np.float32
    expected = np.moveaxis(assembler.observations.pixels("a"), -1, 0) / 255
    np.testing.assert_allclose(rgb, expected, rtol=1e-6)


def test_superpixels_are_those_of_the_part(data: Data) -> None:
    assembler = make_assembler(data, superpixels=SUPERPIXELS)
    whole, patch = assembler.observations.pixels("a"), read_patch(assembler)
    for images, pixels in (
        (assembler.assemble_image("a"), whole),
        (assembler.assemble_patch("a", patch), whole[WINDOW]),
        (assembler.assemble_patch("a", 9 * patch), np.minimum(9.0 * patch, 255).astype(np.uint8)),
    ):
        np.testing.assert_array_equal(
            images["superpixels"], label_superpixels(pixels, **SUPERPIXELS)
        )
        assert images["superpixels"].dtype == np.int64


def test_an_estimate_is_the_fits_reconstruction_of_the_part(data: Data) -> None:
    assembler = make_assembler(data, "per_image", estimate={"is": "fast:Fast", "neighbours": [1]})
    observations = assembler.observations
    fit = Fast(Store(data.scenes), observations, neighbours=[1])
    expected = fit("a", observations.rgb("a", "unit"))
    np.testing.assert_array_equal(assembler.assemble_image("a")["estimate"], expected)
    images = assembler.assemble_patch("a", read_patch(assembler))
    np.testing.assert_allclose(images["estimate"], expected[:, *WINDOW], rtol=1e-6)


def test_only_what_a_method_asks_for_is_assembled(data: Data) -> None:
    assert set(make_assembler(data).assemble_image("a")) == {"rgb"}


def test_random_inputs_have_the_shapes_of_assembled_ones(data: Data) -> None:
    inputs = make_inputs(superpixels=SUPERPIXELS, estimate={"is": "fast:Fast", "neighbours": [1]})
    assembled = make_assembler(
        data, superpixels=SUPERPIXELS, estimate={"is": "fast:Fast", "neighbours": [1]}
    ).assemble_image("a")
    drawn = random_inputs(inputs, count=1, rows=40, columns=48)
    assert set(drawn) == set(assembled)
    for name, image in assembled.items():
        assert drawn[name].shape[1:] == image.shape
        assert drawn[name].dtype == torch.from_numpy(image).dtype
    assert drawn["superpixels"].min() >= 1
    repeated = random_inputs(inputs, count=1, rows=40, columns=48)
    assert torch.equal(drawn["rgb"], repeated["rgb"])
