from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from respectra.build import build
from respectra.config import Config
from respectra.networks.hprn import HPRN, Block, ChannelRelation, SpatialRelation
from respectra.networks.padding import reflect
from respectra.networks.released import load_released
from tests.conftest import ROOT
from tests.networks.golden import (
    deviation,
    fill,
    golden_images,
    golden_labels,
    hprn_small,
    hprn_strong,
    translate_keys,
    translate_part_keys,
)


def make_block() -> Block:
    return Block(32, [3], lambda: ChannelRelation(32, 4, 16))


SETTINGS = {
    "channels": 200, "blocks": 10, "channel_relation": [3], "grid": 4, "reduction": 16,
    "spatial_relation": "code", "embedding": "shared", "group": 64, "scales": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def hprn() -> HPRN:
    return HPRN(31, **SETTINGS)


def spatial(group: int = 64, version: str = "code", embedding: str = "shared") -> SpatialRelation:
    return SpatialRelation(31, version=version, embedding=embedding, group=group, scales=4)


def filled_spatial(group: int) -> SpatialRelation:
    return fill(spatial(group), hprn_strong(), translate_part_keys(HPRN, "spatial.", "ssrm."))  # type: ignore[return-value]


def crop(padded: torch.Tensor) -> torch.Tensor:
    """The block works on features that are padded by one pixel of reflection."""
    torch.testing.assert_close(padded, reflect(padded[..., 1:-1, 1:-1], 1))
    return padded[..., 1:-1, 1:-1]


def blocky_features(grid: int = 8) -> Tensor:
    rng = np.random.default_rng(7)
    coarse = 3 * rng.standard_normal((1, 200, grid, grid), dtype=np.float32)
    indices = np.arange(64) * grid // 64
    return torch.from_numpy(coarse[:, :, indices][:, :, :, indices])


CASES = {
    "hprn/hprn": (hprn_small, None), "hprn/hprn__he": (hprn_strong(), None),
    "hprn/hprn_synthlabels": (hprn_small, golden_labels()), "hprn/hprn_synthlabels__he": (hprn_strong(), golden_labels()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("from_samples", [True, False])
def test_it_computes_the_public_networks_function(
    hprn: HPRN, name: str, from_samples: bool, request: pytest.FixtureRequest
) -> None:
    filling, maps = CASES[name]
    if maps is None:  # SLIC returns a single region for white noise
        maps = torch.ones(1, 4, 64, 64, dtype=torch.int64)
    shared = None if from_samples else request.getfixturevalue("shared")
    filled = fill(hprn.float(), filling, translate_keys(hprn))
    with torch.no_grad():
        # With the strong filling, float32 deviates by 5e-5 to 2e-4, depending on the processor.
        output = (
            filled.double()(golden_images().double(), maps)
            if "__he" in name
            else filled(golden_images(), maps)
        )
    hprn.float()
    assert deviation(output.float(), name, shared) <= 1e-4


@pytest.mark.parametrize(("name", "gain"), [("hprn_smooth", None), ("hprn_smooth__half", 0.5)])
def test_real_superpixels_give_the_public_networks_output(
    hprn: HPRN, name: str, gain: float | None, shared: Path
) -> None:
    folder = shared / "golden/hprn"
    rgb = torch.from_numpy(np.load(folder / "hprn_smooth_input.npy"))
    maps = torch.from_numpy(np.load(folder / "hprn_smooth_labels.npy")).reshape(1, 4, 64, 64)
    with torch.no_grad():
        output = fill(
            hprn, hprn_small if gain is None else hprn_strong(gain), translate_keys(hprn)
        )(rgb, maps)
    assert deviation(output, f"hprn/{name}", shared) <= 1e-4


@pytest.mark.parametrize("group", [16, 36, 64, 100])
def test_the_spatial_relation_computes_the_public_function(group: int) -> None:
    with torch.no_grad():
        output = filled_spatial(group)(golden_images("normal", 31), golden_labels())
    assert deviation(output, f"hprn/hprn_module_ssrm_w{group}") <= 1e-4


@pytest.mark.parametrize("grid", [1, 2, 4, 8])
def test_the_channel_relation_computes_the_public_function(grid: int) -> None:
    module = fill(
        ChannelRelation(200, grid, 16),
        hprn_strong(),
        translate_part_keys(HPRN, "relations.3.", "tsrm."),
    )
    with torch.no_grad():
        assert deviation(module(blocky_features()), f"hprn/hprn_module_tcrm_p{grid}") <= 1e-4


def test_the_block_computes_the_public_function() -> None:
    module = fill(make_block(), hprn_strong(), translate_part_keys(HPRN, "", ""))
    with torch.no_grad():
        output = crop(module(reflect(golden_images("normal", 32), 1)))
        assert deviation(output, "hprn/hprn_module_mrb32") <= 1e-4


@pytest.mark.parametrize("module", ["ssrm_w16", "ssrm_w100", "tcrm_p2", "tcrm_p8", "mrb32"])
def test_modules_agree_with_the_whole_golden_arrays(module: str, shared: Path) -> None:
    kind, size = module.split("_")[0], int("".join(c for c in module if c.isdigit()))
    with torch.no_grad():
        if kind == "ssrm":
            output = filled_spatial(size)(golden_images("normal", 31), golden_labels())
        elif kind == "tcrm":
            names = translate_part_keys(HPRN, "relations.3.", "tsrm.")
            output = fill(ChannelRelation(200, size, 16), hprn_strong(), names)(blocky_features())
        else:
            block = fill(make_block(), hprn_strong(), translate_part_keys(HPRN, "", ""))
            output = crop(block(reflect(golden_images("normal", 32), 1)))
    assert deviation(output, f"hprn/hprn_module_{module}", shared) <= 1e-4


def test_released_weights_load_by_released_names(hprn: HPRN) -> None:
    state = {translate_keys(hprn)(k): torch.rand_like(v) for k, v in hprn.state_dict().items()}
    assert "backbone.9.tsrm.cross_transformer.out_proj.weight" in state
    load_released(hprn, state)
    torch.testing.assert_close(hprn.coarse.weight, state["output_conv2D.conv2d.weight"])


# --- the relation among pixels of superpixels ---------------------------------------------------


def test_only_the_order_of_labels_matters() -> None:
    module, cube = filled_spatial(16), golden_images("normal", 31)
    maps = golden_labels()
    with torch.no_grad():
        expected = module(cube, maps)
        torch.testing.assert_close(module(cube, maps * 3 + 100), expected)


def test_equal_labels_are_sorted_stably(monkeypatch: pytest.MonkeyPatch) -> None:
    """The public code does not sort stably; another order changes its output by up to 5e-4."""
    module, cube = filled_spatial(16), golden_images("normal", 31)
    argsort = torch.argsort

    def rotate_ties(labels: Tensor, dim: int = -1, *, stable: bool = False) -> Tensor:
        """Sort like a device that rotates equal labels by 5 unless the sort must be stable."""
        shift = 0 if stable else 5
        order = argsort(labels.roll(shift, dim), dim=dim, stable=True)
        return (order - shift) % labels.shape[dim]

    monkeypatch.setattr(torch, "argsort", rotate_ties)
    pixels = torch.arange(64 * 64).reshape(1, 1, 64, 64).expand(1, 4, 64, 64)
    with torch.no_grad():
        expected = module(cube, pixels)  # distinct labels in the order of the image
        torch.testing.assert_close(module(cube, torch.ones_like(pixels)), expected)


def plain_relation(module: SpatialRelation, cube: Tensor, maps: Tensor) -> Tensor:
    """Compute the spatial relation group by group in plain loops."""
    _, bands, rows, columns = cube.shape
    query = module.embedding(cube)
    key = query if module.key_embedding is None else module.key_embedding(cube)
    parts = [x[0].flatten(1).T for x in (query, key, module.content(cube))]
    size, pixels = module.group, rows * columns
    related = []
    for scale in range(module.scales):
        order = sorted(range(pixels), key=lambda i: int(maps[0, scale].flatten()[i]))
        missing = -pixels % size
        tail = [order[i % pixels] for i in range(pixels - missing, pixels)]
        filled = order + (tail[::-1] if module.version == "paper" else tail)
        groups = [filled[i : i + size] for i in range(0, len(filled), size)]
        out = torch.zeros(pixels, bands)
        for g, group in enumerate(groups):
            window = group
            if module.version == "code":
                window = group + groups[g - 1] + groups[(g + 1) % len(groups)]
            for position, pixel in enumerate(group):
                if g * size + position >= pixels:
                    continue
                keys = parts[1][window]
                if module.version == "code":
                    keys = keys / keys.norm(dim=1, keepdim=True).clamp_min(5e-5)
                weight = torch.softmax(keys @ parts[0][pixel], 0)
                out[pixel] = weight @ parts[2][window]
        related.append(out.T.reshape(1, bands, rows, columns))
    fused = module.fusion(torch.cat(related, 1))
    return fused + cube if module.version == "code" else fused


@pytest.mark.parametrize("version", ["code", "paper"])
@pytest.mark.parametrize("embedding", ["shared", "separate"])
@pytest.mark.parametrize(
    "size", [(8, 9), (7, 8), (2, 3)]
)  # 72 is no multiple of 16; 6 pixels are repeated
def test_both_versions_follow_their_definitions(
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


def test_missing_and_misshapen_superpixels_raise_an_error() -> None:
    with pytest.raises(ValueError, match="the spatial relation requires superpixels"):
        HPRN(31, **{**SETTINGS, "channels": 16, "blocks": 1})(golden_images())
    with pytest.raises(ValueError, match=r"have shape \(1, 2, 64, 64\), expected \(1, 4, 64, 64\)"):
        spatial()(golden_images("normal", 31), golden_labels()[:, :2])


def test_unknown_versions_and_embeddings_raise_an_error() -> None:
    with pytest.raises(ValueError, match="version codes is neither code nor paper"):
        spatial(version="codes")
    with pytest.raises(ValueError, match="embedding own is neither shared nor separate"):
        spatial(embedding="own")


def test_the_attention_among_channels_is_pytorchs_multi_head_attention() -> None:
    torch.manual_seed(0)
    relation = ChannelRelation(32, 4, 16, heads=4, biases=True)
    torch_attention = torch.nn.MultiheadAttention(16, 4, batch_first=True)
    linears = (relation.query, relation.key, relation.value)
    with torch.no_grad():
        torch_attention.in_proj_weight.copy_(torch.cat([linear.weight for linear in linears]))
        torch_attention.in_proj_bias.copy_(torch.cat([linear.bias for linear in linears]))
        torch_attention.out_proj.load_state_dict(relation.output.state_dict())
        x = torch.rand(2, 32, 12, 16)
        vectors = torch.nn.functional.adaptive_avg_pool2d(x, 4).flatten(2)
        squeezed = torch_attention(vectors, vectors, vectors)[0].mean(-1)[..., None, None]
        torch.testing.assert_close(relation(x), torch.sigmoid(relation.gate(squeezed)) * x)
    with pytest.raises(ValueError, match="1 means are not divisible by 4 heads"):
        ChannelRelation(32, 1, 16, heads=4)


def test_the_printed_network_has_every_printed_part() -> None:
    network = build("network", Config(ROOT).method("hprn-as_printed", small=True).network, bands=31)
    relation = network.blocks[0].relations["3"]
    assert relation.heads == 4
    assert relation.query.bias is not None
    assert network.spatial.version == "paper"
    assert network.spatial.embedding.kernel_size == (1, 1)
    assert Config(ROOT).method("hprn-as_printed").network["channels"] == 256
