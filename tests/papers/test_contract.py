"""What the two papers state is what `config/` says: recipes, figures and rows.

Each entry names the method, the key, and the value that the paper prints; entries of `[wu2023hprn]`
and of the challenge report stand under the number of their section.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from respectra.config import Config
from respectra.config.strict import plain
from respectra.datasets.layout import read_splits
from respectra.datasets.store import keep_scenes
from respectra.figures.classes import FALSE_COLOURS_NM
from respectra.tables.published import read_published
from tests.conftest import ROOT

SHARE = {"share": 0.05, "seed": 0}
EVERY_20_OF_100 = [0.2, 0.4, 0.6, 0.8]
TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
Facts = Mapping[str, Any]

CHALLENGE: dict[str, tuple[str, Facts]] = {
    "6.1": ("mst_plus_plus", {
        "network.stages": 3, "network.blocks": [1, 1, 1], "train.0.patch": 128, "train.0.batch": 20,
        "train.0.iterations": 300_000, "train.0.optimizer.lr": 4e-4,
        "train.0.optimizer.betas": [0.9, 0.999], "train.0.schedule.is": "cosine",
        "train.0.augment": ["rotate", "flip"], "train.0.loss": {"mrae": 1.0}}),
    "6.1, 256": ("mst_plus_plus-patch_256", {"train.0.patch": 256}),
    "6.1, 64": ("mst_plus_plus-patch_64", {"train.0.patch": 64}),
    "6.2": ("mialgo_han", {
        "train.0.iterations": 100_000, "train.0.extra_datasets": True, "network.normalised": True,
        "train.0.augment": ["rotate", "flip", "simulate"],
        "train.0.loss": {"mrae": 1.0, "dissimilarity": 1.0}}),
    "6.2, clipped": ("mialgo_han-clipped", {
        "starts_from": "mialgo_han", "train.0.iterations": 100_000, "train.0.clipping": "clipped",
        "train.0.loss": {"mrae": 1.0, "luminance_dissimilarity": 1.0}}),
    "6.2, unclipped": ("mialgo_han-unclipped", {
        "starts_from": "mialgo_han", "train.0.iterations": 100_000,
        "train.0.clipping": "unclipped",
        "train.0.loss": {"mrae": 1.0, "luminance_dissimilarity": 1.0}}),
    "6.3": ("drcr_net", {
        "network.width": 100, "network.blocks": 10, "train.0.patch": 128, "train.0.epochs": 100,
        "train.0.optimizer.lr": 1e-4, "train.0.optimizer.betas": [0.9, 0.99],
        "train.0.schedule.power": 1.5}),
    "6.4": ("ifl_rdan", {
        "network.patch": 4, "train.0.patch": 64, "train.0.stride": 32, "train.0.batch": 32,
        "train.0.iterations": 278_150, "train.0.optimizer.lr": 1e-4,
        "train.0.schedule": {"is": "polynomial", "power": 1.0}, "train.0.loss": {"mrae": 1.0},
        "train.0.cubes": "unnormalised", "train.0.choose.split": "held_out",
        "train.0.choose.by": "mrae", "reconstruct.maximum": "common"}),
    "6.4, v2k8": ("ifl_rdan-v2_k8", {
        "network.patch": 8, "train.0.iterations": 277_850, "train.0.hold_out.seed": 2}),
    "6.5": ("ssr_han", {
        "inputs.rgb.scale": "per_image", "network.width": 64, "network.groups": 6,
        "network.blocks": 12, "train.0.patch": 64, "train.0.stride": 64, "train.0.batch": 32,
        "train.0.optimizer.lr": 1e-4, "train.0.iterations": 4 * 30_000,
        "train.0.schedule": {"is": "steps", "at": [0.25, 0.5, 0.75], "factor": 0.5}}),
    "6.5, Restormer": ("ssr_restormer", {"train.0.batch": 8, "train.0.patch": 64}),
    "6.6": ("yuelushan", {
        "network.blocks": [5, 5, 10], "train.0.objective": "denoised",
        "train.1.objective": "unbalanced", "train.0.loss": {"l1": 1.0},
        "train.1.loss": {"l1": 1.0}, "train.2.loss": {"mrae": 1.0}, "train.0.epochs": 100,
        "train.1.epochs": 100, "train.2.epochs": 100, "train.0.batch": 4, "train.2.batch": 4,
        "train.0.optimizer.lr": 5e-4, "train.2.optimizer.lr": 5e-4,
        "train.0.schedule": {"is": "steps", "at": EVERY_20_OF_100, "factor": 0.5}}),
    "6.7": ("ivl_squeeze", {
        "inputs.rgb.scale": "max", "network.size": 256, "train.0.loss": {"mrae": 1.0},
        "train.0.epochs": 30, "train.0.batch": 16, "train.0.optimizer.lr": 1e-4,
        "train.0.optimizer.betas": [0.9, 0.999], "train.0.patch": 256, "train.0.resize": True,
        "train.0.augment": ["flip", "spin"], "train.0.hold_out": SHARE,
        "train.0.choose.split": "held_out", "train.0.choose.by": "mrae",
        "train.0.schedule": {"is": "steps", "at": [0.3333, 0.6667], "factor": 0.5}}),
    "6.8": ("ponet_plus", {
        "train.0.patch": [482, 512], "train.0.batch": 1, "train.0.loss": {"l1": 1.0}}),
    "6.9": ("star_spectral", {
        "train.0.objective": "translation", "train.1.freeze": ["translate"],
        "train.1.loss": {"l1": 1.0}}),
    "6.10": ("ntu_pair", {
        "train.0.optimizer": {"is": "torch.optim:AdamW", "lr": 1e-4},
        "train.1.optimizer.is": "torch.optim:SGD", "train.1.optimizer.lr": 1e-4,
        "train.0.epochs": 10_000, "train.1.epochs": 10_000, "train.0.batch": 10,
        "train.0.schedule": {"is": "steps", "at": TENTHS, "factor": 0.1},
        "train.2.optimizer.lr": 1e-5, "train.2.epochs": 1_000, "train.2.objective": "transfer"}),
    "6.11": ("imrnet", {
        "network.width": 200, "train.0.patch": 64, "train.0.batch": 36,
        "train.0.loss": {"mrae": 1.0}, "train.0.optimizer.lr": 1e-4,
        "train.0.optimizer.betas": [0.5, 0.999],
        "train.0.schedule": {"is": "polynomial", "power": 1.5},
        "train.0.objective": "autoencode", "train.1.freeze": ["encoder", "decoder"],
        "train.2.freeze": ["encoder"]}),
    "6.12": ("image_lab_drca", {
        "network.width": 128, "network.pairs": 3, "train.0.patch": 64, "train.0.batch": 8,
        "train.0.iterations": 500 * 10_784 // 8, "train.0.optimizer.lr": 1e-3,
        "train.0.schedule.final": 1e-5, "reconstruct.tile": 64, "reconstruct.overlap": 0}),
}  # fmt: skip

HPRN: dict[str, tuple[str, Facts]] = {
    "IV-A4": ("hprn", {
        "network.blocks": 10, "network.reduction": 16, "network.group": 64, "network.grid": 4,
        "network.channel_relation": [3], "network.embedding": "shared",
        "inputs.superpixels.segments": [8, 12, 16, 20], "train.0.patch": 64, "train.0.epochs": 100,
        "train.0.optimizer.lr": 1.2e-4, "train.0.optimizer.betas": [0.9, 0.99],
        "train.0.schedule": {"is": "polynomial", "power": 1.5},
        "train.0.loss": {"l1": 1.0, "second_order": 2.0}, "train.0.precision": "float16"}),
    "as printed": ("hprn-as_printed", {
        "network.channels": 256, "network.spatial_relation": "paper", "network.biases": True}),
    "[31]": ("hrnet-official", {
        "train.0.epochs": 12_000, "train.0.optimizer.lr": 1e-4, "network.xavier_gain": 0.02,
        "train.0.schedule.factor": 0.5, "train.0.loss": {"l1": 1.0}}),
    **{f"IV-C, {name}": (name, {"train.0.epochs": 100})
       for name in ("galliani", "mscnn", "unet", "fmnet")},
}  # fmt: skip
# What is not followed, or not stated by the paper, and the words that say so.
DEPARTURES: dict[tuple[str, str], Sequence[str]] = {
    ("method", "mialgo_han"): (
        "also trains on ICVL, CAVE and Harvard", "not padded at random", "halved after half",
        "quarter of the scenes", "brightness of a simulated patch is changed",
        "equal weights of MRAE and 1 − SSIM",
    ),
    ("method", "mst_plus_plus"): ("two flips and three rotations", "every 8 pixels"),
    ("method", "mst_plus_plus_models_ensemble"): ("stands for each of the families",),
    ("method", "drcr_net"): ("crops patches before it normalises", "loss, batch 16, patches every"),
    ("method", "star_spectral"): ("L1 trains the translation too",),
    ("method", "imrnet"): ("rescales both to 0 to 1", "Each phase starts again"),
    ("method", "ivl_squeeze_ensemble"): ('"two training iterations"',),
    ("method", "ivl_squeeze"): ("fine-tunes weights of SqueezeNet v1.1", "53 iterations"),
    ("method", "hrnet"): ("halved every 2,500 of 12,000 epochs",),
    ("method", "ifl_rdan"): (
        "leaves out 50 of 897 scenes", "the log says which", "an eighth of the features",
    ),
    ("method", "image_lab_drca"): ("675 of 899 images; ours are 673 of 897",),
    ("method", "yuelushan"): ("does not say which steps belong to them",),
    ("method", "hsrnet"): ("those of the public code, for another sensor",),
    ("method", "ponet_plus"): ("largest response, gains included", "3×3", "Φ is learned"),
    ("method", "ntu_pair"): ("AdamW the weight decay of 0.01",),
    ("method", "mst_plus_plus_challenge_ensemble"): (
        "interpreted as MST++ alone", "batch and positions of patches are the same",
        "stands for each of the families",
    ),
    ("method", "hprn"): (
        "200 channels", "another embedding, other keys, neighbours and residual",
        "RGB is divided by 255",
    ),
    ("paper", "hprn"): ("equation 19 has the logarithm inside the sum", "SSIM without its windows"),
    ("paper", "ntire2022"): (
        "are of the 50 test images", "those of the best checkpoint", "RGB is divided by 255",
    ),
    ("dataset", "arad1k"): ("897 of the 900 training images",),
    ("dataset", "ntire2018_clean"): ("The camera's response is NTIRE 2020's",),
    ("dataset", "ntire2018_real"): ("The camera's response is NTIRE 2020's",),
    ("camera", "ntire2022"): ("expansion of the Poisson distribution",),
}  # fmt: skip
# Remarks on printed numbers, beside the transcribed tables.
REMARKS = {
    "ntire2022": (
        "seventh is star-spectral (0.04898)", '"3090Ti GPU" twice', "devices are shortened",
        "user names of Table 1", "oracle lower bound of section 6.7",
    ),
    "hprn": ('"Params(M)" and "MACs(K)" are exchanged', "logarithm inside the sum"),
}  # fmt: skip
CHOSEN = ("hprn", "unet", "fmnet", "galliani", "mscnn", "hscnn_r", "hrnet-official")


def read(settings: object, key: str) -> Any:
    """The value of a dotted key; lists count from zero."""
    value = plain(settings) if not isinstance(settings, Mapping | Sequence) else settings
    for part in key.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


@pytest.fixture(scope="module")
def config() -> Config:
    return Config(ROOT)


@pytest.mark.parametrize(
    ("name", "facts"),
    [*CHALLENGE.values(), *HPRN.values()],
    ids=[*CHALLENGE, *(f"HPRN {place}" for place in HPRN)],
)
def test_a_recipe_says_what_the_paper_states(config: Config, name: str, facts: Facts) -> None:
    method = config.method(name).model_dump(mode="json", by_alias=True)
    assert {key: read(method, key) for key in facts} == facts


@pytest.mark.parametrize("name", CHOSEN)
def test_hprn_chooses_the_weights_of_every_network(config: Config, name: str) -> None:
    """Section IV-C: "the best model is chosen via the validation set"."""
    (phase,) = config.method(name).train
    assert phase.choose is not None
    assert (phase.choose.split, phase.choose.by) == ("held_out", "mrae")
    assert phase.hold_out is not None
    assert any("HPRN" in s and "validation set" in s for s in config.method(name).departures) or (
        name == "hprn"
    )


@pytest.mark.parametrize(("kind", "name"), DEPARTURES, ids=[name for _, name in DEPARTURES])
def test_what_is_not_followed_is_a_departure(config: Config, kind: str, name: str) -> None:
    departures = getattr(config, kind)(name).departures
    for words in DEPARTURES[kind, name]:
        assert sum(words in sentence for sentence in departures) == 1, words


@pytest.mark.parametrize("name", [
    "mialgo_han", "ifl_rdan", "yuelushan", "ponet_plus", "star_spectral", "ntu_pair",
    "image_lab_drca", "drcr_net", "ssr_han", "ssr_restormer", "imrnet",
])  # fmt: skip
def test_what_a_team_does_not_state_is_as_the_departure_says(config: Config, name: str) -> None:
    """RGB is divided by 255, patches are not augmented, Adam has its usual betas."""
    method = config.method(name)
    if name not in ("drcr_net", "ssr_han", "ssr_restormer"):  # these state a scale
        assert plain(method)["inputs"]["rgb"] == {"scale": "unit"}
    for phase in method.train:
        if name not in ("mialgo_han", "yuelushan"):
            assert phase.augment == ()
        if name not in ("drcr_net", "imrnet"):  # these state the betas
            assert tuple(plain(phase)["optimizer"].get("betas", (0.9, 0.999))) == (0.9, 0.999)


@pytest.mark.parametrize("paper", REMARKS)
def test_contradictions_of_a_paper_are_remarks_of_its_tables(paper: str) -> None:
    text = " ".join((ROOT / f"published/{paper}/SOURCE.md").read_text(encoding="utf-8").split())
    assert [words for words in REMARKS[paper] if words not in text] == []


def test_times_of_the_challenges_text_are_transcribed() -> None:
    """Sections 5, 6.1, 6.3, 6.7, 6.10 and 6.11."""
    cells = read_published(ROOT / "published/ntire2022/text.csv")
    times = {(c["row"], c["metric"], c["value"], c["unit"]) for c in cells if "ime" in c["metric"]}
    assert times == {
        ("MST++", "Time", "102.48", "ms"), ("CVIA_SSR", "Time", "0.158", "s"),
        ("Hu et al.", "Time", "< 30", "ms"), ("OPT_KLSIT", "Time", "0.67", "s"),
        ("MST++", "Training time", "40 hours", ""), ("CVIA_SSR", "Training time", "24 hours", ""),
        ("IVL", "Training time", "30 minutes", ""),
        ("NTU607QCO-Spectral", "Training time", "7 days + 2 days", ""),
    }  # fmt: skip


def test_image_lab_trains_on_three_quarters_of_the_scenes(config: Config) -> None:
    """The challenge, section 6.12: 675 of 899 images train, 224 validate."""
    (phase,) = config.method("image_lab_drca").train
    assert phase.hold_out is not None
    scenes = [str(number) for number in range(899)]
    assert len(keep_scenes(scenes, phase.hold_out.model_dump())) == 675


def test_the_weights_of_ivls_means_are_printed(config: Config) -> None:
    """The challenge, equations 14 and 15."""
    for name, ratio in (("ivl_squeeze_ensemble", 2), ("ivl_fast_n_squeeze_ensemble", 1)):
        first, second = (member.weight for member in config.method(name).members)
        assert second == ratio * first


def test_the_additional_data_of_mialgo_exist_whole(config: Config) -> None:
    """The challenge, section 6.2: ICVL, CAVE and Harvard; all 32 scenes of CAVE train."""
    cave = config.dataset("cave-all_32")
    splits = read_splits("nowhere", str(ROOT / cave.read["splits"]))
    assert list(splits.values()) == ["train"] * 32
    for name in ("icvl", "harvard"):
        dataset = config.dataset(name)
        assert dataset.read["splits"] == "all: train"
        assert dataset.get is not None
        assert dataset.get.register_at
        wavelengths = dataset.wavelengths()
        assert wavelengths is not None
        assert (wavelengths[0], wavelengths[-1], len(wavelengths)) == (400, 700, 31)


def test_the_fitted_ensemble_stands_beside_the_challenge_entry(config: Config) -> None:
    table = config.paper("ntire2022").tables["table1"]
    assert "mst_plus_plus_fitted_ensemble" in table.extra_rows.values()
    assert "ivl_fast_n_squeeze_ensemble" in table.extra_rows.values()


@pytest.mark.parametrize(
    ("key", "dataset", "scene", "nm"),
    [
        ("figure1", "ntire2018_clean", "BGU_HS_00259", 520),
        ("figure7a", "ntire2018_clean", "BGU_HS_00263", 530),
        ("figure7b", "ntire2018_real", "BGU_HS_00265", 550),
        ("figure7c", "ntire2020_clean", "ARAD_HS_0453", 570),
        ("figure7d", "ntire2020_real", "ARAD_HS_0457", 590),
    ],
)
def test_error_maps_are_of_the_papers_scenes_and_bands(
    config: Config, key: str, dataset: str, scene: str, nm: float
) -> None:
    """HPRN, captions of Figures 1 and 7; the rows of Tables VIII and IX that have values."""
    paper = config.paper("hprn")
    figure = paper.figures[key]
    assert (figure.dataset, figure.split, figure.scenes) == (dataset, "test", (scene,))
    assert figure.settings["nm"] == nm
    rows = dict(paper.tables["table8"].rows)  # type: ignore[arg-type]
    if dataset.endswith("_real"):
        del rows["Sparse Coding"]
    assert figure.methods == rows


@pytest.mark.parametrize(
    ("key", "dataset"),
    [
        ("figure8a", "ntire2020_clean"), ("figure8b", "ntire2020_real"),
        ("figure8c", "ntire2018_clean"), ("figure8d", "ntire2018_real"),
    ],
)  # fmt: skip
def test_spectra_are_of_the_four_tracks(config: Config, key: str, dataset: str) -> None:
    figure = config.paper("hprn").figures[key]
    assert (figure.dataset, figure.split) == (dataset, "test")


def test_false_colours_are_bands_25_45_and_70_of_pavia(config: Config) -> None:
    """HPRN, Figure 5 (b), in the order red, green, blue."""
    wavelengths = config.dataset("pavia_u").wavelengths()
    assert wavelengths is not None
    nearest = [
        min(range(103), key=lambda band: abs(wavelengths[band] - nm)) + 1 for nm in FALSE_COLOURS_NM
    ]
    assert nearest == [70, 45, 25]


def test_maps_of_classes_have_the_papers_panels(config: Config) -> None:
    figure = config.paper("hprn").figures["figure9"]
    assert isinstance(figure.methods, dict)
    assert list(figure.methods) == ["Simulated RGB", "Reconstructed HSI", "Groundtruth HSI"]


def test_spectra_out_of_scope_have_every_row_of_table_3(config: Config) -> None:
    paper = config.paper("ntire2022")
    assert paper.figures["figure4"].methods == paper.tables["table3"].rows


def test_every_weight_of_the_second_order_loss_has_a_row_and_a_dot(config: Config) -> None:
    """HPRN, section III-E: {0.2, 0.5, 1, 2, 5, 10}."""
    paper, weights = config.paper("hprn"), [0.2, 0.5, 1, 2, 5, 10]
    figure, rows = paper.figures["tau"], paper.tables["tau"].rows
    assert isinstance(figure.methods, dict)
    assert [float(label) for label in figure.methods] == weights
    assert isinstance(rows, dict)
    assert list(rows.values()) == list(figure.methods.values())
    trained = [config.method(name).train[0].loss["second_order"] for name in rows.values() if name]
    assert trained == weights


# HPRN's ablations: TCRM's positions and grid, SSRM's embedding, scales and group, SOPC's weight.
TCRM, SSRM, SOPC = {"channel_relation": [3]}, {"spatial_relation": "code"}, {"second_order": 2.0}
ABLATIONS: dict[tuple[str, str], Facts] = {
    ("table3", "baseline"): {},
    **{("table3", f"{place}-pos"): {"channel_relation": [place]} for place in (1, 2, 3)},
    ("table3", "multi-pos"): {"channel_relation": [1, 2, 3]},
    **{("table4", f"{side}x{side}"): {**TCRM, "grid": side} for side in (1, 2, 4, 8)},
    ("table5", "phi=psi (shared)"): SSRM,
    ("table5", "phi!=psi (separate)"): {**SSRM, "embedding": "separate"},
    **{("table6", ",".join(map(str, scales))): {**SSRM, "segments": scales}
       for scales in ([4, 6, 8, 10], [8, 12, 16, 20], [12, 18, 24, 30], [16, 24, 32, 40])},
    **{("figure6", f"G={pixels}"): {**SSRM, "group": pixels}
       for pixels in (16, 36, 64, 100, 144, 256)},
    ("table7", "with SSRM"): SSRM, ("table7", "with TCRM"): TCRM, ("table7", "with SOPC"): SOPC,
    ("table7", "w/o TCRM (SSRM+SOPC)"): {**SSRM, **SOPC},
    ("table7", "w/o SSRM (TCRM+SOPC)"): {**TCRM, **SOPC},
    ("table7", "w/o SOPC (SSRM+TCRM)"): {**SSRM, **TCRM},
    ("table7", "HPRN (all)"): {**SSRM, **TCRM, **SOPC},
}  # fmt: skip


@pytest.mark.parametrize(("table", "row"), ABLATIONS, ids=[" ".join(key) for key in ABLATIONS])
def test_an_ablation_changes_what_its_row_names(config: Config, table: str, row: str) -> None:
    """HPRN, Tables III to VII and Figure 6: all else is as in section IV-A4."""
    rows = config.paper("hprn").tables[table].rows
    assert isinstance(rows, dict)
    method = config.method(str(rows[row])).model_dump(mode="json", by_alias=True)
    (phase,) = method["train"]
    superpixels = method["inputs"].get("superpixels") or {}
    settings = {**method["network"], **phase["loss"], **superpixels}
    assert phase["loss"]["l1"] == 1.0
    expected = {
        "channel_relation": [], "spatial_relation": "none", "second_order": None, "grid": 4,
        "embedding": "shared", "group": 64, "segments": [8, 12, 16, 20], "blocks": 10,
        **ABLATIONS[table, row],
    }  # fmt: skip
    if expected["spatial_relation"] == "none":
        expected["segments"] = None
    assert {key: settings.get(key) for key in expected} == expected
