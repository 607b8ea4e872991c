from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from respectra.networks.hprn import HPRN, Block, ChannelRelation, SpatialRelation
from respectra.networks.layers import load_released
from tests.networks.golden import a, b, deviation, fill, images, labels, part_of, released

SETTINGS = {
    "channels": 200, "blocks": 10, "channel_relation": [3], "grid": 4, "reduction": 16,
    "spatial_relation": "code", "embedding": "shared", "group": 64, "scales": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> HPRN:
    return HPRN(31, **SETTINGS)


def spatial(group: int = 64, version: str = "code", embedding: str = "shared") -> SpatialRelation:
    return SpatialRelation(31, version=version, embedding=embedding, group=group, scales=4)


def filled_spatial(group: int) -> SpatialRelation:
    return fill(spatial(group), b(), part_of(HPRN, "spatial.", "ssrm."))  # type: ignore[return-value]


def expanded(grid: int = 8) -> Tensor:
    rng = np.random.default_rng(7)
    small = 3 * rng.standard_normal((1, 200, grid, grid), dtype=np.float32)
    places = np.arange(64) * grid // 64
    return torch.from_numpy(small[:, :, places][:, :, :, places])


CASES = {
    "hprn/hprn": (a, None), "hprn/hprn__he": (b(), None),
    "hprn/hprn_synthlabels": (a, labels()), "hprn/hprn_synthlabels__he": (b(), labels()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("carried", [True, False])
def test_it_computes_the_public_networks_function(
    whole: HPRN, name: str, carried: bool, request: pytest.FixtureRequest
) -> None:
    filling, maps = CASES[name]
    if maps is None:  # on white noise SLIC finds a single region
        maps = torch.ones(1, 4, 64, 64, dtype=torch.int64)
    shared = None if carried else request.getfixturevalue("shared")
    filled = fill(whole.float(), filling, released(whole))
    with torch.no_grad():
        # In double precision: of the strong filling float32 keeps 5e-5 to 2e-4, by processor.
        output = (
            filled.double()(images().double(), maps) if "__he" in name else filled(images(), maps)
        )
    whole.float()
    assert deviation(output.float(), name, shared) <= 1e-4


@pytest.mark.parametrize(("name", "gain"), [("hprn_smooth", None), ("hprn_smooth__half", 0.5)])
def test_real_superpixels_give_the_public_networks_output(
    whole: HPRN, name: str, gain: float | None, shared: Path
) -> None:
    folder = shared / "golden/hprn"
    rgb = torch.from_numpy(np.load(folder / "hprn_smooth_input.npy"))
    maps = torch.from_numpy(np.load(folder / "hprn_smooth_labels.npy")).reshape(1, 4, 64, 64)
    with torch.no_grad():
        output = fill(whole, a if gain is None else b(gain), released(whole))(rgb, maps)
    assert deviation(output, f"hprn/{name}", shared) <= 1e-4


@pytest.mark.parametrize("group", [16, 36, 64, 100])
def test_the_spatial_relation_computes_the_public_function(group: int) -> None:
    with torch.no_grad():
        output = filled_spatial(group)(images("normal", 31), labels())
    assert deviation(output, f"hprn/hprn_module_ssrm_w{group}") <= 1e-4


@pytest.mark.parametrize("grid", [1, 2, 4, 8])
def test_the_channel_relation_computes_the_public_function(grid: int) -> None:
    module = fill(ChannelRelation(200, grid, 16), b(), part_of(HPRN, "relations.3.", "tsrm."))
    with torch.no_grad():
        assert deviation(module(expanded()), f"hprn/hprn_module_tcrm_p{grid}") <= 1e-4


def test_the_block_computes_the_public_function() -> None:
    module = fill(Block(32, [3], 4, 16), b(), part_of(HPRN, "", ""))
    with torch.no_grad():
        assert deviation(module(images("normal", 32)), "hprn/hprn_module_mrb32") <= 1e-4


@pytest.mark.parametrize("module", ["ssrm_w16", "ssrm_w100", "tcrm_p2", "tcrm_p8", "mrb32"])
def test_modules_agree_everywhere(module: str, shared: Path) -> None:
    kind, size = module.split("_")[0], int("".join(c for c in module if c.isdigit()))
    with torch.no_grad():
        if kind == "ssrm":
            output = filled_spatial(size)(images("normal", 31), labels())
        elif kind == "tcrm":
            names = part_of(HPRN, "relations.3.", "tsrm.")
            output = fill(ChannelRelation(200, size, 16), b(), names)(expanded())
        else:
            output = fill(Block(32, [3], 4, 16), b(), part_of(HPRN, "", ""))(images("normal", 32))
    assert deviation(output, f"hprn/hprn_module_{module}", shared) <= 1e-4


def test_released_weights_load_by_their_own_names(whole: HPRN) -> None:
    state = {released(whole)(k): torch.rand_like(v) for k, v in whole.state_dict().items()}
    assert "backbone.9.tsrm.cross_transformer.out_proj.weight" in state
    load_released(whole, state)
    torch.testing.assert_close(whole.coarse.weight, state["output_conv2D.conv2d.weight"])


# --- what the relation among superpixels must and must not see ---------------------------------


def test_the_numbers_of_labels_matter_only_by_their_order() -> None:
    module, cube = filled_spatial(16), images("normal", 31)
    maps = labels()
    with torch.no_grad():
        expected = module(cube, maps)
        torch.testing.assert_close(module(cube, maps * 3 + 100), expected)


def test_equal_labels_are_sorted_stably() -> None:
    """The public sort leaves their order open: another order changed its output by up to 5e-4."""
    module, cube = filled_spatial(16), images("normal", 31)
    flat = torch.ones(1, 4, 64, 64, dtype=torch.int64)
    with torch.no_grad():
        batch = module(torch.cat([cube] * 3), torch.cat([flat] * 3))
        torch.testing.assert_close(batch[2:], module(cube, flat))
    order = torch.argsort(flat.flatten(2), dim=-1, stable=True)
    assert (order == torch.arange(64 * 64)).all()


def plain_relation(module: SpatialRelation, cube: Tensor, maps: Tensor) -> Tensor:
    """The same once more, group by group, in plain loops."""
    _, bands, rows, columns = cube.shape
    query = module.embedding(cube)
    key = query if module.key_embedding is None else module.key_embedding(cube)
    parts = [x[0].flatten(1).T for x in (query, key, module.content(cube))]
    size, pixels = module.group, rows * columns
    related = []
    for scale in range(module.scales):
        order = sorted(range(pixels), key=lambda i: int(maps[0, scale].flatten()[i]))
        missing = -pixels % size
        tail = order[pixels - missing :] if missing else []
        filled = order + (tail[::-1] if module.version == "paper" else tail)
        groups = [filled[i : i + size] for i in range(0, len(filled), size)]
        out = torch.zeros(pixels, bands)
        for g, group in enumerate(groups):
            seen = group
            if module.version == "code":
                seen = group + groups[g - 1] + groups[(g + 1) % len(groups)]
            for place, pixel in enumerate(group):
                if g * size + place >= pixels:
                    continue
                keys = parts[1][seen]
                if module.version == "code":
                    keys = keys / keys.norm(dim=1, keepdim=True).clamp_min(5e-5)
                weight = torch.softmax(keys @ parts[0][pixel], 0)
                out[pixel] = weight @ parts[2][seen]
        related.append(out.T.reshape(1, bands, rows, columns))
    fused = module.fusion(torch.cat(related, 1))
    return fused + cube if module.version == "code" else fused


@pytest.mark.parametrize("version", ["code", "paper"])
@pytest.mark.parametrize("embedding", ["shared", "separate"])
@pytest.mark.parametrize("size", [(8, 9), (7, 8)])  # 72 pixels leave a group of 16 unfilled
def test_both_versions_are_what_they_say(
    version: str, embedding: str, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    module = SpatialRelation(5, version=version, embedding=embedding, group=16, scales=2)
    cube = torch.randn(1, 5, *size)
    maps = torch.randint(1, 6, (1, 2, *size))
    with torch.no_grad():
        torch.testing.assert_close(module(cube, maps), plain_relation(module, cube, maps))


def test_gradients_of_both_relations_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    maps = torch.randint(1, 4, (1, 2, 3, 4))
    for version in ("code", "paper"):
        module = SpatialRelation(3, version=version, embedding="shared", group=4, scales=2).double()
        cube = torch.randn(1, 3, 3, 4, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda c, m=module: m(c, maps), cube)
    channel = ChannelRelation(4, 2, 2).double()
    features = torch.randn(1, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(channel, features)


def test_wrong_superpixels_are_named(whole: HPRN) -> None:
    with pytest.raises(ValueError, match="the spatial relation requires superpixels"):
        HPRN(31, **{**SETTINGS, "channels": 16, "blocks": 1})(images())
    with pytest.raises(ValueError, match=r"have shape \(1, 2, 64, 64\), expected \(1, 4, 64, 64\)"):
        spatial()(images("normal", 31), labels()[:, :2])


def test_an_image_smaller_than_a_group_is_filled_round() -> None:
    module = spatial(64)
    out = module(torch.randn(1, 31, 4, 5), torch.ones(1, 4, 4, 5, dtype=torch.int64))
    assert out.shape == (1, 31, 4, 5)
    assert out.isfinite().all()


def test_unknown_versions_are_refused() -> None:
    with pytest.raises(ValueError, match="version codes is neither code nor paper"):
        spatial(version="codes")
    with pytest.raises(ValueError, match="embedding own is neither shared nor separate"):
        spatial(embedding="own")
