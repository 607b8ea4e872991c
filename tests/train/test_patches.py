from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from respectra.camera.observations import Observations
from respectra.camera.response import project
from respectra.datasets.store import Store, keep_scenes
from respectra.datasets.superpixels import label_superpixels
from respectra.inputs import InputAssembler
from respectra.networks.layers import project_without_noise
from respectra.train import patches as patches_module
from respectra.train.patches import Patches, resize, spin, turn
from tests.conftest import Data
from tests.small_plans import SUPERPIXELS, make_inputs, make_phase


def patches(data: Data, inputs: object = None, **changes: object) -> Patches:
    store = Store(data.scenes)
    assembler = InputAssembler(
        inputs or make_inputs("unit"), store, Observations(data.observations)
    )
    phase = make_phase(**{"batch": 3, "iterations": 1000, **changes})
    return Patches(store, assembler, store.scenes("train"), phase=phase, seed=0, number=0)


def test_a_batch_depends_on_nothing_but_the_iteration(data: Data) -> None:
    one, two = patches(data), patches(data)
    for iteration in (5, 0, 900):
        for key, value in one[iteration].items():
            torch.testing.assert_close(value, two[iteration][key], rtol=0, atol=0)
    assert not torch.equal(one[0]["cube"], one[1]["cube"])


def test_a_pass_has_every_patch_once_without_an_incomplete_batch(data: Data) -> None:
    batches = patches(data)
    count = 2 * 4 * 5  # two scenes of 40×48, patches of 16 every 8
    assert batches.ends[-1] == count
    first = [int(i) for n in range(count // 3) for i in batches._indices(n)]
    assert len(first) == len(set(first)) == 39
    second = [int(i) for n in range(count // 3, 2 * (count // 3)) for i in batches._indices(n)]
    assert first != second
    assert len(set(second)) == 39


def test_fewer_patches_than_a_batch_are_repeated(data: Data) -> None:
    batches = patches(data, patch=40, stride=40, batch=5)
    assert batches.ends[-1] == 2
    assert sorted(int(i) for n in range(2) for i in batches._indices(n)) == [0] * 5 + [1] * 5


def test_numbers_are_row_major_scene_after_scene(data: Data) -> None:
    batches = patches(data)
    assert [batches._locate(i) for i in (0, 1, 5, 19, 20)] == [
        ("a", 0, 0), ("a", 0, 8), ("a", 8, 0), ("a", 24, 32), ("b", 0, 0),
    ]  # fmt: skip


def test_without_a_stride_every_place_is_drawn(data: Data) -> None:
    batches = patches(data, stride=None, patch=39)
    places = {batches._locate(int(i)) for n in range(200) for i in batches._indices(n)}
    assert places == {(s, r, c) for s in "ab" for r in range(2) for c in range(10)}


def test_rgb_cube_and_superpixels_are_turned_alike(data: Data) -> None:
    batches = patches(data, make_inputs("unit", superpixels=SUPERPIXELS))
    store, observations = Store(data.scenes), Observations(data.observations)
    for iteration in range(6):
        batch = batches[iteration]
        for i, index in enumerate(batches._indices(iteration)):
            scene, row, column = batches._locate(int(index))
            window = slice(row, row + 16), slice(column, column + 16)
            rgb = observations.pixels(scene)[window] / 255
            cube = store.bands_last(scene)[window]
            labels = np.moveaxis(
                label_superpixels(observations.pixels(scene)[window], **SUPERPIXELS), 0, -1
            )
            turns = [(k, a, d) for k in range(4) for a in (False, True) for d in (False, True)]
            assert any(
                all(
                    np.allclose(
                        np.moveaxis(batch[key][i].numpy(), 0, -1), turn(whole, *t), atol=1e-6
                    )
                    for key, whole in (("rgb", rgb), ("cube", cube), ("superpixels", labels))
                )
                for t in turns
            )


def test_an_estimate_is_of_the_patch_and_turned_with_it(data: Data) -> None:
    def estimate(scene: str, rgb: np.ndarray) -> np.ndarray:
        return rgb[:1] * np.linspace(1, 2, 31, dtype=np.float32)[:, None, None]

    batches = patches(data)
    batches.assembler.estimate = estimate
    for iteration in range(4):
        batch = batches[iteration]
        torch.testing.assert_close(batch["estimate"][:, 0], batch["rgb"][:, 0])
        torch.testing.assert_close(batch["estimate"][:, 30], 2 * batch["rgb"][:, 0])


def test_without_augmentation_patches_are_not_turned(data: Data) -> None:
    batches = patches(data, augment=[])
    scene, row, column = batches._locate(int(batches._indices(0)[0]))
    expected = Store(data.scenes).cube(scene)[:, row : row + 16, column : column + 16]
    np.testing.assert_array_equal(batches[0]["cube"][0].numpy(), expected)


@pytest.mark.parametrize("scale", ["per_image", "max"])
def test_patches_are_scaled_by_the_range_of_the_whole_image(data: Data, scale: str) -> None:
    batches, observations = patches(data, make_inputs(scale), augment=[]), data.observations
    narrower = 0
    for iteration in range(4):
        batch = batches[iteration]
        for i, index in enumerate(batches._indices(iteration)):
            scene, row, column = batches._locate(int(index))
            whole = Observations(observations).rgb(scene, scale)
            expected = whole[:, row : row + 16, column : column + 16]
            np.testing.assert_allclose(batch["rgb"][i].numpy(), expected, atol=1e-7)
            narrower += expected.max() < 1
    assert narrower > 0  # the range of some patches differs from the image's


def test_cubes_can_be_unnormalised(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "norm_factor", lambda self, scene: {"a": 0.5, "b": 3.0}[scene])
    batches, stored = patches(data, cubes="unnormalised"), patches(data, cubes="stored")
    scenes = [batches._locate(int(index))[0] for index in batches._indices(0)]
    for i, scene in enumerate(scenes):
        factor = {"a": 0.5, "b": 3.0}[scene]
        torch.testing.assert_close(batches[0]["cube"][i], stored[0]["cube"][i] * factor)
        assert torch.equal(batches[0]["rgb"][i], stored[0]["rgb"][i])


def test_all_eight_turns_are_different() -> None:
    patch = np.arange(12).reshape(3, 4)
    turns = {turn(patch, k, a, d).tobytes() + bytes(turn(patch, k, a, d).shape)
             for k in range(4) for a in (False, True) for d in (False, True)}  # fmt: skip
    assert len(turns) == 8


def test_batches_are_channels_last(data: Data) -> None:
    assert patches(data)[0]["cube"].is_contiguous(memory_format=torch.channels_last)


def test_a_patch_that_does_not_fit_names_the_scene(data: Data) -> None:
    with pytest.raises(ValueError, match="a: a patch of 64 does not fit 40×48"):
        patches(data, patch=64)


def test_another_light_changes_patch_and_spectra_alike(data: Data) -> None:
    plain, lit = patches(data, augment=[]), patches(data, augment=["relight"])
    one, two = plain[3], lit[3]
    assert not torch.allclose(one["cube"], two["cube"])
    response = torch.from_numpy(Observations(data.observations).response).float()
    for part in (one, two):  # brightness aside, rgb stays what the camera makes of the cube
        projected = torch.einsum("cb,nbhw->nchw", response, part["cube"])
        part["error"] = torch.nn.functional.cosine_similarity(projected, part["rgb"], dim=1)
    torch.testing.assert_close(two["error"].mean(), one["error"].mean(), rtol=0.02, atol=0)
    torch.testing.assert_close(
        two["rgb"].mean((1, 2, 3)), one["rgb"].mean((1, 2, 3)), rtol=0.02, atol=0
    )


def test_another_gain_is_the_same_for_patch_and_spectra(data: Data) -> None:
    one, two = patches(data, augment=[])[3], patches(data, augment=["expose"])[3]
    gains = (two["cube"] / one["cube"]).mean((1, 2, 3))
    assert len(set(gains.tolist())) == 3
    torch.testing.assert_close(two["rgb"], one["rgb"] * gains[:, None, None, None])


def test_another_exposure_changes_the_picture_and_not_its_cube(data: Data) -> None:
    one, two = (patches(data, augment=a, batch=40)[3] for a in ([], ["gain"]))
    assert torch.equal(one["cube"], two["cube"])
    before, after = (255 * batch["rgb"].double() for batch in (one, two))
    torch.testing.assert_close(after, after.round(), rtol=0, atol=1e-4)
    assert after.max() == 255
    ratios = after.mean((1, 2, 3)) / before.mean((1, 2, 3))
    assert ratios.min() < 0.5
    assert ratios.max() > 2
    for old, new in zip(before, after, strict=True):  # one gain for all pixels that are not clipped
        free = (new < 255) & (old > 0)
        gains = (new[free] / old[free], (new[free] + 1) / old[free])
        assert gains[0].max() <= gains[1].min() * (1 + 1e-6)


def test_another_exposure_is_scaled_by_its_own_range(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    pixels = observations.pixels("a").astype(np.float32)
    assembler = InputAssembler(make_inputs("per_image"), store, observations)
    for gain in (0.25, 8.0):
        exposed = np.minimum(np.floor(pixels * np.float32(gain)), 255)
        rgb = assembler.assemble_patch("a", exposed, gain=gain)["rgb"]
        assert (rgb.min(), rgb.max()) == (0, 1)


def test_an_image_scaled_by_its_own_range_receives_no_gain(data: Data) -> None:
    one, two = (patches(data, make_inputs("per_image"), augment=a)[3] for a in ([], ["expose"]))
    assert torch.equal(one["cube"], two["cube"])


def test_lights_and_gains_depend_on_nothing_but_the_iteration(data: Data) -> None:
    one, two = (patches(data, augment=["relight", "expose"]) for _ in "ab")
    for iteration in (7, 2):
        assert torch.equal(one[iteration]["cube"], two[iteration]["cube"])


def test_held_out_scenes_are_drawn_once_and_never_all() -> None:
    scenes = [f"s{i}" for i in range(20)]
    first = keep_scenes(scenes, {"share": 0.2, "seed": 1})
    assert len(first) == 16
    assert first == [s for s in scenes if s in first]  # in their order
    assert first == keep_scenes(scenes, {"share": 0.2, "seed": 1})
    assert first != keep_scenes(scenes, {"share": 0.2, "seed": 2})
    assert keep_scenes(scenes, None) == scenes
    assert len(keep_scenes(scenes[:2], {"share": 0.9, "seed": 1})) == 1


def test_simulated_pictures_are_of_the_patch_as_a_scene_of_its_own(data: Data) -> None:
    batches = patches(data, augment=["simulate"], batch=8)
    batch, repeated = batches[3], batches[3]
    torch.testing.assert_close(batch["rgb"], repeated["rgb"], rtol=0, atol=0)
    torch.testing.assert_close(batch["cube"].amax((1, 2, 3)), torch.ones(8))
    plain = patches(data, augment=[], batch=8)[3]["cube"]
    torch.testing.assert_close(batch["cube"], plain / plain.amax((1, 2, 3), keepdim=True))
    levels = (batch["rgb"] * 255).round() / 255
    torch.testing.assert_close(batch["rgb"], levels)


@pytest.mark.parametrize("clipping", ["clipped", "unclipped"])
def test_one_case_can_be_selected(data: Data, clipping: str) -> None:
    batch = patches(data, augment=["simulate"], batch=12, clipping=clipping)[0]
    clipped = batch["rgb"].amax((1, 2, 3)) == 1
    assert clipped.tolist() == [clipping == "clipped"] * 12


@pytest.mark.parametrize(("scale", "low"), [("max", None), ("per_image", 0.0)])
def test_a_simulated_picture_has_a_range_of_its_own(
    data: Data, scale: str, low: float | None
) -> None:
    batch = patches(data, make_inputs(scale), augment=["simulate"], batch=6)[0]["rgb"]
    torch.testing.assert_close(batch.amax((1, 2, 3)), torch.ones(6))
    least = batch.amin((1, 2, 3))
    assert (least == 0).all() if low == 0.0 else (least > 0).any()


def test_simulation_and_its_cases_belong_together(data: Data) -> None:
    with pytest.raises(ValueError, match="clipping: clipped: selects simulated pictures"):
        patches(data, clipping="clipped")


def test_a_batch_has_the_gain_of_each_patchs_whole_scene(data: Data) -> None:
    store, observations = Store(data.scenes), Observations(data.observations)
    assembler = InputAssembler(make_inputs("unit"), store, observations)
    batches = Patches(
        store, assembler, ["a", "b"], phase=make_phase(batch=8), seed=0, number=0, with_gain=True
    )
    scenes = [batches._locate(int(index))[0] for index in batches._indices(0)]
    assert set(scenes) == {"a", "b"}
    expected = torch.tensor([observations.gain(scene) for scene in scenes])
    torch.testing.assert_close(batches[0]["gain"], expected)
    with pytest.raises(ValueError, match="remove simulate from augment"):
        Patches(
            store, assembler, ["a"], phase=make_phase(augment=["simulate"]), seed=0, number=0,
            with_gain=True,
        )  # fmt: skip


def test_a_target_without_noise_is_the_official_codes(data: Data) -> None:
    """A patch that is brighter than its scene keeps the gain of the scene."""
    store, observations = Store(data.scenes), Observations(data.observations)
    assembler = InputAssembler(make_inputs("unit"), store, observations)
    batches = Patches(
        store, assembler, ["a"], phase=make_phase(augment=[]), seed=0, number=0, with_gain=True
    )
    response = torch.from_numpy(observations.response).float()
    batch = batches[0]
    target = project_without_noise(batch["cube"], response, batch["gain"])
    signal = project(store.cube("a"), observations.response)
    whole = np.minimum(0.18 * signal / signal.mean(), 1)
    for i, index in enumerate(batches._indices(0)):
        _, row, column = batches._locate(int(index))
        expected = whole[:, row : row + 16, column : column + 16]
        np.testing.assert_allclose(target[i].numpy(), expected, atol=1e-6)


def test_whole_images_can_be_resized(data: Data) -> None:
    """The scale is that of the test, where the whole image is resized too."""
    batches = patches(
        data, make_inputs("max"), resize=True, patch=[20, 24], stride=None, augment=[]
    )
    batch = batches[0]
    for i, index in enumerate(batches._indices(0)):
        scene, _, _ = batches._locate(int(index))
        rgb = torch.from_numpy(Observations(data.observations).rgb(scene, "max"))
        cube = torch.from_numpy(Store(data.scenes).cube(scene).copy())
        for key, whole in (("rgb", rgb), ("cube", cube)):
            expected = torch.nn.functional.interpolate(
                whole[None], (20, 24), mode="bilinear", align_corners=False
            )
            torch.testing.assert_close(batch[key][i : i + 1], expected, rtol=1e-5, atol=1e-6)


def test_an_image_can_be_rotated_by_any_angle_without_its_cube(data: Data) -> None:
    plain, turned = patches(data, augment=[])[0], patches(data, augment=["spin"])[0]
    assert torch.equal(plain["cube"], turned["cube"])
    assert not torch.allclose(plain["rgb"], turned["rgb"], atol=0.05)
    image = np.random.default_rng(0).random((3, 9, 9), dtype=np.float32)
    np.testing.assert_allclose(spin(image, 90), np.rot90(image, axes=(1, 2)), atol=1e-5)
    assert spin(image, 45)[:, 0, 0].max() == 0
    np.testing.assert_allclose(spin(image, 45)[:, 4, 4], image[:, 4, 4], atol=1e-5)


def test_a_patch_can_be_a_rectangle(data: Data) -> None:
    batch = patches(data, patch=[40, 48], stride=None, augment=["flip"])[0]
    assert batch["cube"].shape == (3, 31, 40, 48)
    with pytest.raises(ValueError, match="a: a patch of 41×48 does not fit 40×48"):
        patches(data, patch=[41, 48], stride=None)


@pytest.mark.parametrize("workers", [1, 3])
def test_each_batch_of_this_process_is_announced_one_batch_before(
    data: Data, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = patches(data)
    announced: list[tuple[str, slice]] = []
    monkeypatch.setattr(
        batches._ahead, "announce", lambda scene, cube, rows: announced.append((scene, rows))
    )
    worker = SimpleNamespace(num_workers=workers) if workers > 1 else None
    monkeypatch.setattr(patches_module, "get_worker_info", lambda: worker)

    def list_rows(*numbers: int) -> list[tuple[str, slice]]:
        places = [batches._locate(int(i)) for number in numbers for i in batches._indices(number)]
        return [(scene, slice(row, row + 16)) for scene, row, _ in places]

    batches[5]
    assert announced == list_rows(5, 5 + workers)
    announced.clear()
    batches[5 + workers]
    assert announced == list_rows(5 + 2 * workers)
    announced.clear()
    batches[999]
    assert announced == list_rows(999)  # the last one


def test_an_image_is_resized_as_pytorch_resizes_it() -> None:
    image = np.random.default_rng(0).random((61, 53, 31), dtype=np.float32)
    tensor = torch.from_numpy(image).permute(2, 0, 1).contiguous()[None]
    expected = F.interpolate(tensor, (32, 24), mode="bilinear", align_corners=False)
    np.testing.assert_array_equal(np.moveaxis(resize(image, (32, 24)), -1, 0), expected[0])
