"""A name → the plan of one step: its settings, and a digest of the code that carries them out.

A plan is the `params` of a rule: Snakemake runs a step again when its plan changes. So each step
has a plan of its own, which holds everything that can change its product and nothing else.
"""

from collections.abc import Sequence
from typing import Any, cast

from respectra.build import ConfigError
from respectra.config import Choices, Config, Method
from respectra.config.settings import accepts
from respectra.config.strict import plain
from respectra.plan_types import (
    CameraPlan,
    ClassifyPlan,
    ControlPlan,
    DatasetPlan,
    EnsemblePlan,
    InputsPlan,
    PhasePlan,
    ReconstructPlan,
    ReleasedPlan,
    ScorePlan,
    Settings,
    SubmissionPlan,
    TrainPlan,
)
from respectra.plans.cells import RELEASED, budget_of
from respectra.plans.conditions import find_margin
from respectra.plans.contents import checksums, dataset_files, provided_files
from respectra.plans.digest import digest_code
from respectra.plans.splits import condition_of

Names = list[tuple[str, str]]  # kind and name, as a YAML file names them with `is:`


def plan_dataset(config: Config, dataset: str, choices: Choices) -> DatasetPlan:
    """How the cubes of a data set are read, checked and stored.

    The folder is no part of the plan: the checksums of its files are, so the same files in another
    place, or under another name of the same place, change nothing.
    """
    settings = config.dataset(dataset)
    folder = folder_of(config, dataset, choices)
    read = {key: value for key, value in plain(settings.read).items() if key != "folder"}
    return {
        "read": read,
        "wavelengths_nm": settings.wavelengths(),
        "zeros": plain(settings.zeros),
        "size": list(settings.size) if settings.size else None,
        "range": list(settings.range) if settings.range else None,
        "stored": settings.stored,
        "files": {} if folder is None else checksums(dataset_files(folder, read)),
        "code": digest_code(
            [("respectra.datasets.scenes", "store_dataset")], [("dataset", read["is"])]
        ),
    }


def folder_of(config: Config, dataset: str, choices: Choices) -> str | None:
    """The folder with the files of a data set; None if it is made and not read."""
    read = config.dataset(dataset).read
    if "folder" not in read:
        return None
    return choices.folder if read["folder"] is None else str(read["folder"])


def data_folders(config: Config, choices: Choices) -> dict[str, str | None]:
    """The folder of every data set and variant."""
    return {name: folder_of(config, name, choices) for name in config.datasets}


def plan_camera(config: Config, dataset: str, choices: Choices) -> CameraPlan:
    """How a data set is photographed, or where its pictures are.

    Raises:
        ConfigError: the table of the response does not exist.
    """
    settings = config.dataset(dataset)
    camera = config.camera(settings.camera)
    table = config.root / camera.response.file
    if not table.is_file():
        raise ConfigError(
            f"config/cameras/{camera.name}.yaml: response.file: {camera.response.file} is missing"
        )
    files, provided, agreement = {camera.response.file: table}, None, 0.0
    if settings.observations != "simulated":
        provided = settings.observations.provided
        agreement = settings.observations.agreement
        folder = folder_of(config, dataset, choices) or "."
        files |= provided_files(folder, provided)
    chain: list[Settings] = plain(camera.chain)
    return {
        "response": plain(camera.response),
        "seed": camera.seed,
        "chain": chain,
        "provided": provided,
        "agreement": agreement,
        "files": checksums(files),
        "code": digest_code(
            [("respectra.camera.observe", "photograph_dataset")],
            [("camera", part["is"]) for part in chain],
        ),
    }


def plan_train(
    config: Config, method: str, budget: str, extra_datasets: Sequence[str] = ()
) -> TrainPlan:
    """A network and its recipe within a budget.

    Args:
        config: the configuration.
        method: a network.
        budget: a name in `config/budgets`.
        extra_datasets: data sets whose cubes are added where the recipe asks for it.

    Raises:
        ConfigError: the method is no network.
    """
    spend = config.budget(budget)
    settings = config.method(method, small=spend.small)
    phases: list[PhasePlan] = [plain(spend.apply(phase)) for phase in settings.train]
    names: Names = [("network", _network(settings)["is"]), *_estimate_names(settings)]
    for phase in phases:
        names += [("loss", loss) for loss in phase["loss"]]
        names += [(key, phase[key]["is"]) for key in ("schedule", "optimizer")]
        if phase["choose"] is not None:
            names.append(("metric", phase["choose"]["by"]))
    adds = any(phase["extra_datasets"] for phase in phases)
    return {
        "network": _network(settings),
        "inputs": _inputs(settings),
        "train": phases,
        "starts_from": settings.starts_from,
        "extra_datasets": list(extra_datasets) if adds else [],
        "code": digest_code([("respectra.train.loop", "train_network")], names),
    }


def plan_training(
    config: Config, method: str, run: str, extra_datasets: Sequence[str] = ()
) -> TrainPlan:
    """The plan of a run such as `demo-seed0`; arguments as in `plan_train`."""
    return plan_train(config, method, budget_of(run), extra_datasets)


def plan_released(config: Config, method: str) -> ReleasedPlan:
    """The network that takes the authors' published weights.

    Raises:
        ConfigError: the method is no network.
    """
    network = _network(config.method(method))
    entries = [("respectra.train.released", "adopt_released")]
    return {"network": network, "code": digest_code(entries, [("network", network["is"])])}


def plan_reconstruct(
    config: Config, method: str, run: str, dataset: str | None = None
) -> ReconstructPlan:
    """A network and how it is applied.

    Args:
        config: the configuration.
        method: a network.
        run: `{budget}-seed{n}`, or `released`.
        dataset: whose images are reconstructed; it may state the maximum of its cubes.

    Raises:
        ConfigError: the method is no network.
    """
    small = run != RELEASED and config.budget(budget_of(run)).small
    settings = config.method(method, small=small)
    network = _network(settings)
    reconstruct = plain(settings.reconstruct)
    if dataset is not None and reconstruct["maximum"] is not None:
        reconstruct["maximum"] = config.dataset(dataset).maximum or "common"
    return {
        "network": network,
        "inputs": _inputs(settings),
        "reconstruct": reconstruct,
        "code": digest_code(
            [("respectra.reconstruct", "reconstruct_split")],
            [("network", network["is"]), *_estimate_names(settings)],
        ),
    }


def plan_ensemble(
    config: Config, method: str, dataset: str | None = None, split: str = "valid"
) -> EnsemblePlan:
    """How members are combined; which members is the rule's input.

    Args:
        config: the configuration.
        method: an ensemble.
        dataset: that members are trained on; it may state the maximum of its cubes for a function
            that takes `common`. None: a function that takes `margin` chooses by the whole image.
        split: whose crop a function that takes `margin` chooses by.

    Raises:
        ConfigError: the method is no ensemble.
    """
    settings = config.method(method)
    if settings.ensemble is None:
        raise ConfigError(f"{method} is a {settings.kind}; only ensembles have members")
    margin = maximum = None
    if accepts("ensemble", settings.ensemble, "margin"):
        margin = find_margin(config, dataset, split) if dataset is not None else 0
    if dataset is not None and accepts("ensemble", settings.ensemble, "common"):
        maximum = config.dataset(dataset).maximum
    return {
        "ensemble": plain(settings.ensemble),
        "weights": [member.weight for member in settings.members],
        "margin": margin,
        "maximum": maximum,
        "code": digest_code(
            [("respectra.ensemble", "combine_members")], [("ensemble", settings.ensemble["is"])]
        ),
    }


def plan_control(config: Config, method: str, budget: str) -> ControlPlan:
    """A method with a known answer, or one that is fitted.

    Raises:
        ConfigError: the method is neither.
    """
    settings = config.method(method, small=config.budget(budget).small)
    entries = [("respectra.controls", "apply_control")]
    if settings.control is not None:
        code = digest_code(entries, [("control", settings.control["is"])])
        return {"control": plain(settings.control), "code": code}
    if settings.fit is not None:
        code = digest_code(entries, [("fit", settings.fit["is"])])
        return {"fit": plain(settings.fit), "code": code}
    raise ConfigError(f"{method} is a {settings.kind}; it is neither a control nor a fit")


def plan_submission(config: Config, dataset: str) -> SubmissionPlan:
    """How reconstructions of test images are packed."""
    code = digest_code([("respectra.submission", "pack_submission")])
    return {"margin": config.dataset(dataset).crop, "code": code}


def plan_score(config: Config, dataset: str, split: str = "valid") -> ScorePlan:
    """What is scored of a scene of a split; colours only under the light of a condition."""
    condition = condition_of(split)
    return {
        "margin": find_margin(config, dataset, split),
        "colours": condition is not None and config.condition(condition).light is not None,
        "code": digest_code([("respectra.score", "score_split")]),
    }


def plan_classify(config: Config, dataset: str, run: str) -> ClassifyPlan:
    """How the pixels of a data set are classified, within the budget of the run.

    Raises:
        ConfigError: the data set has no classification.
    """
    budget, classify = config.budget(budget_of(run)), config.dataset(dataset).classify
    if classify is None:
        raise ConfigError(f"config/datasets/{dataset}.yaml: has no `classify`")
    return {
        "labels": plain(classify.labels),
        "samples": classify.samples,
        "network": plain(classify.network),
        "optimizer": plain(classify.optimizer),
        "batch": classify.batch,
        "classes": len(classify.classes),
        "epochs": classify.epochs,
        "share": budget.share or 1.0,
        "iterations": budget.iterations,
        "runs": min(classify.runs, budget.runs or classify.runs),
        "code": digest_code(
            [("respectra.classify", "classify_scene")],
            [("dataset", classify.labels["is"]), ("network", classify.network["is"])],
        ),
    }


def _estimate_names(method: Method) -> Names:
    """The code that makes the cube a network receives, if it receives one."""
    estimate = method.inputs and method.inputs.estimate
    return [("fit", estimate["is"])] if estimate else []


def _network(method: Method) -> Settings:
    if method.network is None:
        article = "an" if method.kind == "ensemble" else "a"
        raise ConfigError(f"{method.name} is {article} {method.kind}; only networks are trained")
    return cast(dict[str, Any], plain(method.network))


def _inputs(method: Method) -> InputsPlan:
    assert method.inputs is not None
    return cast(InputsPlan, plain(method.inputs))
