"""A small package and a small configuration, so that tests do not depend on the real ones."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from respectra import build, signatures
from respectra.config import Config, ConfigError
from respectra.plans import digest, sources

ROOT = Path(__file__).parents[2]
CODE = {
    "__init__.py": "",
    "networks/__init__.py": "",
    "networks/tiny.py": """
        class Base:
            def __init__(self, *, bands: int, width: Count, at: Sequence[int] = ()) -> None: ...
        class Tiny(Base):
            def __init__(
                self, *, bands: int, width: Count, depth: Whole = 2, dropout: Fraction = 0.0,
                branch: Literal["code", "paper", "none"] = "none", at: Sequence[int] = (),
                residual: bool = True, gain: float = 1.0, label: str | None = None,
                parts: Mapping[str, int] | None = None, window: tuple[int, int] = (1, 2),
            ) -> None: ...
        class Inherited(Base): ...
        class Classifier:
            def __init__(self, *, bands: int, classes: int, side: Count) -> None: ...
    """,
    "losses.py": """
        def mrae(reconstruction: Tensor, cube: Tensor) -> Tensor: ...
        def second_order(reconstruction: Tensor, cube: Tensor) -> Tensor: return _covariance(cube)
        def _covariance(cube: Tensor) -> Tensor: ...
    """,
    "metrics.py": """
        def mrae(reconstruction: Array, cube: Array) -> float: ...
        def psnr(reconstruction: Array, cube: Array) -> float: ...
    """,
    "train/__init__.py": "",
    "train/schedules.py": """
        def cosine(rate: float, progress: float, *, final: NotNegative) -> float: ...
        def steps(rate: float, progress: float, *, at: Sequence[Fraction], factor: Share): ...
    """,
    "train/loop.py": "def train_network(*, plan): ...",
    "train/released.py": "def adopt_released(*, plan): ...",
    "controls.py": """
        def apply_control(*, plan): ...
        def linear(store, observations, split): ...
        def oracle(store, observations, split): ...
    """,
    "fits/__init__.py": "",
    "fits/sparse.py": "def sparse(store, observations, split, *, atoms: Count, seed: Whole = 0): ...",
    "ensemble.py": """
        def combine_members(*, plan): ...
        def weighted_mean(cubes: Sequence[Array], *, weights: Sequence[float]) -> Array: ...
        def select(cubes: Sequence[Array], *, weights, truth: Array, margin: Whole) -> Array: ...
        def by_case(cubes: Sequence[Array], *, weights, clipped: bool) -> Array: ...
        def fitted_mean(cubes: Sequence[Array], *, weights, fitted: Sequence[float]) -> Array: ...
    """,
    "camera/__init__.py": "",
    "camera/bits.py": "def truncate(rgb: Array, *, bits: Count) -> Array: ...",
    "camera/noise.py": "def photons(rgb: Array, rng: Generator, *, electrons: Positive) -> Array: ...",
    "camera/observe.py": "def photograph_dataset(*, plan): ...",
    "camera/exposure.py": "def fixed(rgb: Array, *, gain: Positive) -> Array: ...",
    "camera/jpeg.py": "def compress(rgb, *, quality: Quality, subsampling: str) -> bytes: ...",
    "conditions/__init__.py": "",
    "conditions/step.py": "def make_condition(*, plan): ...",
    "conditions/resample.py": "def apply_method(step, *, plan): ...",
    "conditions/cross_data.py": "def make_cross_data(*, plan): ...",
    "datasets/__init__.py": "",
    "datasets/folder.py": """
        def read(
            *, folder: str, splits: str = "scenes.csv", key: str = "cube",
            pictures_only: Mapping[str, str] | None = None, wavelengths_nm=None,
        ): ...
        def labels(*, folder: str, window: tuple[int, int, int, int] | None = None) -> Labels: ...
    """,
    "datasets/made.py": "def make(*, scenes: Count, wavelengths_nm=None): ...",
    "datasets/scenes.py": "def store_dataset(*, plan): ...",
    "datasets/sources.py": "def dropped(missing, *, folder: str): ...",
    "figures/__init__.py": "",
    "figures/bars.py": """
        def draw(contents, *, metric: str, count: Count = 3): ...
        def cross(contents, *, metric: str, datasets: Sequence[str]): ...
    """,
    "figures/figure.py": "def make_figure(*, plan): ...",
    "page/__init__.py": "",
    "page/runs.py": "def make_page(*, plan): ...",
    "tables/__init__.py": """
        from respectra.tables.table import make_table, make_metrics
    """,
    "tables/table.py": """
        def make_table(*, plan): ...
        def make_metrics(*, plan): ...
    """,
    "tables/kinds.py": """
        def scores(plan): ...
        def gains(plan): ...
        def cross(plan, *, datasets: Mapping[str, str]): ...
    """,
    "reconstruct.py": "def reconstruct_split(*, plan): ...",
    "score.py": "def score_split(*, plan): ...",
    "classify.py": "def classify_scene(*, plan): ...",
    "submission.py": "def pack_submission(*, plan): ...",
}

NETWORK = """
    title: Net
    network: {is: tiny:Tiny, width: 32, depth: 4, branch: code, at: [1]}
    inputs: {rgb: {scale: unit}}
    train:
      - loss: {mrae: 1.0, second_order: 2.0}
        optimizer: {is: "torch.optim:Adam", lr: 1.0e-4, betas: [0.9, 0.99]}
        schedule: {is: cosine, final: 0.0}
        iterations: 1000
        patch: 64
        stride: 8
        batch: 4
        augment: [flip]
        precision: float32
        accumulate: 2
        hold_out: null
    reconstruct: {tile: null, overlap: 0, self_ensemble: none}
    expect: {parameters: 1000, macs: 2.5e+9}
    small: {network.width: 8, train.0.optimizer.lr: 1.0e-3}
    variants:
      no_branch: {network.branch: none, expect.parameters: 900}
      no_order: {train.0.loss.second_order: null}
      flips: {reconstruct.self_ensemble: flips}
      held_out: {train.0.hold_out: {share: 0.05, seed: 0}}
"""
CONFIG = {
    "methods/net.yaml": NETWORK,
    "methods/chained.yaml": """
        title: Chained
        network: {is: tiny:Tiny, width: 16}
        inputs: {rgb: {scale: unit}}
        starts_from: null
        train:
          - loss: {mrae: 1.0}
            optimizer: {is: "torch.optim:Adam", lr: 1.0e-4}
            schedule: {is: steps, at: [0.5], factor: 0.5}
            iterations: 10
            patch: 32
            batch: 1
            augment: [flip, simulate]
            precision: float32
            accumulate: 1
            clipping: null
            extra_datasets: true
        variants:
          clipped: {starts_from: chained, train.0.clipping: clipped}
    """,
    "methods/linear.yaml": "{title: Linear, control: {is: linear}}",
    "methods/hidden.yaml": "{title: Hidden, control: {is: oracle}, listed: false}",
    "methods/sparse.yaml": """
        title: Sparse
        fit: {is: "sparse:sparse", atoms: 500}
        small: {fit.atoms: 60}
    """,
    "methods/net_ensemble.yaml": """
        title: Net, two trainings
        ensemble: {is: weighted_mean}
        members:
          - {method: net, seed: 0, weight: 2.0}
          - {method: net, seed: 1}
    """,
    "methods/fitted_ensemble.yaml": """
        title: Net, fitted weights
        ensemble: {is: fitted_mean}
        members:
          - {method: net-held_out, seed: 0}
          - {method: net-held_out, seed: 1}
    """,
    "methods/mixed_ensemble.yaml": """
        title: An ensemble of an ensemble
        ensemble: {is: weighted_mean}
        members:
          - {method: net_ensemble}
          - {method: net-flips, seed: 0}
          - {method: chained-clipped, seed: 2}
          - {method: linear}
    """,
    "datasets/folder.yaml": """
        title: A folder
        read: {is: "folder:read", folder: null, splits: scenes.csv, key: cube}
        quantity: radiance
        wavelengths_nm: null
        splits: [train, valid]
        zeros: refuse
        camera: plain
        crop: 16
    """,
    "datasets/places.yaml": """
        title: Places
        read: {is: "folder:read", folder: data/places, splits: data/places.csv}
        quantity: radiance
        wavelengths_nm: {first: 400, last: 700, step: 10}
        splits: [train, valid, test]
        size: [32, 48]
        range: [0, 1]
        groups: data/groups.csv
        camera: plain
        observations: {provided: "rgb/{scene}.jpg"}
        crop: 8
        get:
          licence: none stated
          cite: someone2020
          files: {cubes: "{scene}.mat"}
          sources: [{is: dropped, folder: data/incoming}]
        variants:
          grouped: {title: "Places, grouped", read.splits: data/grouped.csv}
    """,
    "datasets/classified.yaml": """
        title: Classified
        read: {is: "made:make", scenes: 3}
        quantity: radiance
        wavelengths_nm: [400, 500, 600]
        splits: [train, valid, whole]
        camera: plain
        crop: 0
        classify:
          split: whole
          labels: {is: "folder:labels", folder: data/labels}
          classes: [asphalt, meadows]
          samples: standard
          network: {is: "tiny:Classifier", side: 3}
          optimizer: {is: "torch.optim:Adam", lr: 1.0e-3}
          batch: 2
          epochs: 5
          runs: 10
    """,
    "cameras/plain.yaml": """
        title: A camera
        response: {file: data/response.csv, columns: [R, G, B]}
        seed: 0
        chain:
          - {is: "noise:photons", electrons: 750}
          - {is: "bits:truncate", bits: 8}
    """,
    "conditions/brighter.yaml": """
        title: brighter
        gain: 2.0
        light: null
        variants:
          much: {title: much brighter, gain: 8.0}
          lamp: {title: a lamp, light: A}
    """,
    "budgets/full.yaml": "{caption: everything, small: false, share: 1.0, verdict: true}",
    "budgets/half.yaml": "{caption: a half, small: false, share: 0.5}",
    "budgets/demo.yaml": """
        caption: small networks
        small: true
        iterations: 300
        patch: 32
        batch: 1
        augment: [flip, relight]
        runs: 3
    """,
    "papers/journal.yaml": """
        title: A paper
        tolerance: 0.05
        tables:
          table1:
            caption: The scores
            columns:
              - {label: Places, dataset: places, split: valid, region: crop, metrics: {MRAE: mrae}}
            rows: {Net: net, Ours: net_ensemble, Lost: null}
          table2:
            caption: The gains
            is: gains
            columns:
              - {label: Places, dataset: places, split: valid, metrics: {MRAE: mrae}}
            rows: {Mixed: mixed_ensemble}
            compared_with: {Mixed: [net, linear]}
          table3:
            caption: A second data set
            columns:
              - {label: Secret, dataset: places, split: test, metrics: {MRAE: mrae}, unpublished: true}
            rows: {Net: net}
            ranked: MRAE
            primary: table1
          table4:
            caption: Classes
            columns:
              - {label: Whole, dataset: classified, split: whole, metrics: {OA: accuracy}, classified: true}
            rows: {Net: net, RGB: hidden}
        figures:
          figure1:
            is: bars:draw
            caption: Bars
            dataset: places
            split: valid
            methods: [linear, net-flips]
            settings: {metric: mrae}
          figure2:
            is: bars:draw
            caption: Maps
            dataset: classified
            split: whole
            methods: [net]
            classified: true
            settings: {metric: mrae}
          figure3:
            is: bars:draw
            caption: Unpublished
            dataset: places
            split: test
            unpublished: true
            settings: {metric: mrae}
    """,
    "papers/overview.yaml": """
        title: Every method
        tolerance: 0.05
        tables:
          methods:
            caption: Every method
            published: false
            columns:
              - {label: valid, dataset: places, split: valid, metrics: {MRAE: mrae}}
            rows: every_method
        figures:
          losses:
            is: bars:draw
            caption: Losses
            dataset: places
            split: train
            methods: every_method
            scenes: [a, b]
            settings: {metric: mrae}
        pages:
          scenes:
            caption: Scenes
            dataset: places
            split: valid
            scenes: [b, c]
            methods: [net, net_ensemble]
    """,
    "config.yaml": """
        budget: demo
        dataset: folder
        seeds: [0]
        methods: everything
        make:
          overview: everything
          journal: [table1, figure1]
        leaks: keep
        extra_datasets: []
        device: auto
        gpus: auto
        keep_reconstructions: true
        save_seconds: 300
        loader_workers: auto
        folder: data/folder
    """,
}
DATA = {
    "data/response.csv": "wavelength_nm,R,G,B\n400,1,0,0\n700,0,0,1\n",
    "data/places.csv": "scene,split\na,train\nb,valid\nc,valid\nd,test\n",
    "data/groups.csv": "scene,group\na,1\nb,1\nc,2\n",
    "data/places/a.mat": "a cube",
    "data/places/rgb/a.jpg": "a picture",
}


def dedent(text: str) -> str:
    """A text block without its common indentation."""
    lines = text.strip("\n").splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines) + "\n"


def forget_places() -> None:
    """Forget where the modules of the package are; what was read of a file is remembered."""
    for cached in (build.source, digest._digest, digest._reach, digest._find_next):
        cached.cache_clear()


def forget_files() -> None:
    """Forget what was read of the package's files."""
    forget_places()
    for cached in (
        signatures.signatures_of, sources.read_source, sources.imported_modules,
        digest._definitions, digest._imported_with,
    ):  # fmt: skip
        cached.cache_clear()


def sentence(read: Callable[[], object]) -> str:
    """The message of the mistake that a call reports: one sentence in one line."""
    with pytest.raises(ConfigError) as caught:
        read()
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


class Project:
    """A folder with a configuration, data and a package, which are copied when they are changed."""

    def __init__(self, root: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.monkeypatch = root, monkeypatch
        for part in ("config", "data", "respectra"):
            (root / part).symlink_to(template / part)

    @property
    def package(self) -> Path:
        """The folder of the package."""
        return self.root / "respectra"

    @property
    def config(self) -> Config:
        """The configuration as the files are now."""
        return Config(self.root)

    def write(self, file: str, text: str) -> None:
        """Write a file of the project."""
        part = self.root / Path(file).parts[0]
        if part.is_symlink():
            template = part.resolve()
            part.unlink()
            shutil.copytree(template, part)
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        if part.name == "respectra":
            self.monkeypatch.setattr(build, "PACKAGE", part)
            forget_files()

    def edit(self, file: str, old: str, new: str) -> Config:
        """The configuration after one change of a file in `config/`."""
        text = (self.root / "config" / file).read_text(encoding="utf-8")
        assert old in text, f"{file} does not contain {old!r}"
        self.write(f"config/{file}", text.replace(old, new, 1))
        return self.config


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project as it is before a test changes it."""
    root = tmp_path_factory.mktemp("template")
    for folder, files in (("respectra", CODE), ("config", CONFIG), (".", DATA)):
        for file, text in files.items():
            path = root / folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
    return root


@pytest.fixture
def project(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A small project of its own in place of this one."""
    monkeypatch.setattr(build, "PACKAGE", template / "respectra")
    monkeypatch.chdir(tmp_path)
    forget_places()
    yield Project(tmp_path, template, monkeypatch)
    forget_places()
