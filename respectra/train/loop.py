"""The training loop: trains a network with a recipe and saves a checkpoint."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from respectra.build import build
from respectra.compilation import compile_function
from respectra.datasets.store import Store, keep_scenes
from respectra.datasets.verify import require_intact
from respectra.device import autocast, choose_precision
from respectra.graphs import RecordedGradients
from respectra.logs import format_duration, log
from respectra.plan_types import RunPhase, TrainPlan
from respectra.train import checkpoint
from respectra.train.batches import read_batches
from respectra.train.choice import prepare_choice
from respectra.train.distributed import ALONE, AveragedGradients, Processes
from respectra.train.fingerprint import compute_fingerprint, is_trained, list_data_tables
from respectra.train.objective import (
    Objective,
    build_objective,
    build_optimizer,
    compute_gradients,
    compute_loss,
    freeze_parts,
    needs_gain,
    take_step,
)
from respectra.train.patches import Patches
from respectra.train.products import save_products
from respectra.train.progress import Progress, Recorder
from respectra.train.run import Run, prepare_run

LINES = 100  # of history in a phase
LONGEST_INTERVAL = 1000  # iterations between two lines


def train_network(
    *,
    plan: TrainPlan,
    scenes: str | Path,
    observations: str | Path,
    seed: int,
    save_plan: str | Path,
    save_checkpoint: str | Path,
    save_history: str | Path,
    extra_manifests: Sequence[str | Path] = (),
    initial_checkpoint: str | Path | None = None,
    device: str = "auto",
    threads: int = 1,
    workers: int | str = 0,
    save_seconds: float = 300.0,
    arithmetic: str = "exact",
    graphs: bool = False,
    compiled: bool = False,
    processes: Processes = ALONE,
) -> None:
    """Train one network, or continue the stopped training of the same plan on the same data.

    Beside the checkpoint lie `progress.pt`, an unfinished training, and `machine.yaml`. On one
    device and with the same number of threads, a resumed training ends with the same bytes. While
    another process trains the same run, this one waits, and takes over what that one has finished.

    Args:
        plan, seed: network, inputs and phases; the seed of all random numbers.
        scenes, observations: the data set's manifest, with a split `train`; the camera's folder.
        save_plan, save_checkpoint, save_history: the products.
        extra_manifests, initial_checkpoint: for phases with `extra_datasets`; the first weights.
        device, threads: `auto`, `cpu` or `cuda`; the number of threads on a CPU.
        workers: processes that read patches; `auto` is 4 for a GPU, else 0.
        save_seconds: least time between two saves of the progress, except at a phase's end.
        arithmetic, graphs, compiled: see `set_arithmetic`, `RecordedGradients`, `compile_function`.
        processes: that share each batch; every one calls this function, the first writes.

    Raises:
        ValueError: a setting is wrong, or the loss is not finite.
    """
    torch.set_num_threads(threads)
    path = Path(save_checkpoint).with_name("progress.pt")
    products = (save_plan, save_history, save_checkpoint)
    with processes.hold(path.with_suffix(".lock")) as waited:
        tables = list_data_tables(scenes, observations, extra_manifests)
        fingerprint = compute_fingerprint(plan, seed, initial_checkpoint, tables)
        if waited and is_trained(fingerprint, products):
            log.info("the other process has finished this training")
            return
        run = prepare_run(
            plan=plan, scenes=scenes, observations=observations, extra_manifests=extra_manifests,
            seed=seed, device_name=device, workers=workers, graphs=graphs, compiled=compiled,
            arithmetic=arithmetic, processes=processes)  # fmt: skip
        progress = _initialise(run, path, fingerprint, initial_checkpoint)
        if progress.iterations and processes.is_first:
            require_intact(scenes, observations, extra_manifests)
        _run_phases(run, Recorder(progress, path, run.iterations, save_seconds))
        if processes.is_first:
            save_products(run, progress, *products, initial_checkpoint)
            path.unlink(missing_ok=True)  # now that the checkpoint is on the disk


def _run_phases(run: Run, recorder: Recorder) -> None:
    for number in range(len(run.phases)):
        if recorder.progress.iterations < run.count_iterations(number + 1):
            run_phase(run, number, recorder)
    recorder.count_time()
    log.info("training ended after %s", format_duration(time.monotonic() - recorder.start))


def run_phase(run: Run, number: int, recorder: Recorder) -> None:
    """Train for one phase, or for the rest of it.

    Args:
        run: the network and its data; the network is changed in place.
        number: of the phase.
        recorder: holds the progress, which may be in the middle of the phase.
    """
    phase, network, device, progress = (
        run.phases[number],
        run.network,
        run.device,
        recorder.progress,
    )
    done = progress.iterations - run.count_iterations(number)
    store = run.all_cubes if phase["extra_datasets"] else run.store
    objective = build_objective(network, phase["objective"], run.assembler.observations, device)
    scene_names = keep_scenes(store.scenes("train"), phase["hold_out"])
    choice = prepare_choice(run, phase, scene_names)
    if not done:
        progress.hard_scenes = find_hard_scenes(run, number, objective, store, scene_names)
        progress.best = None
    repeats = phase["hard_scenes"]["times"] - 1 if phase["hard_scenes"] else 0
    freeze_parts(network, phase["freeze"])
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = build_optimizer(phase["optimizer"], trained, device)
    is_scaled = choose_precision(phase["precision"], device) == torch.float16
    scaler = torch.amp.GradScaler(device.type, enabled=is_scaled)
    compute = _prepare_gradients(run, phase, objective, scaler)
    if done:
        optimizer.load_state_dict(progress.optimizer)
        scaler.load_state_dict(progress.scaler)
    patches = Patches(
        store, run.assembler, [*scene_names, *progress.hard_scenes * repeats],
        phase=phase, seed=run.seed, number=number,
        with_gain=needs_gain(network, phase["objective"]),
        positions=run.processes.choose_positions(phase["batch"], phase["accumulate"]),
    )  # fmt: skip
    interval, losses = choose_interval(phase["iterations"]), []
    batches = read_batches(patches, done, device, run.workers)
    for iteration, batch in enumerate(batches, start=done + 1):
        rate = _set_learning_rate(optimizer, phase, (iteration - 1) / phase["iterations"])
        losses.append(take_step(compute, optimizer, scaler, batch))
        is_last = iteration == phase["iterations"]
        is_chosen = choice is not None and choice.is_due(iteration)
        if iteration % interval == 0 or is_last or is_chosen:
            recorder.record(number, iteration, rate, losses)
            losses = []
            if choice is not None and is_chosen:
                recorder.add_score(choice.update(progress, iteration))
            if run.processes.is_first and (is_last or recorder.is_save_due()):
                progress.capture(network, optimizer, scaler)
                recorder.save()


def _prepare_gradients(
    run: Run, phase: RunPhase, objective: Objective, scaler: torch.amp.GradScaler
) -> Callable[[Mapping[str, Tensor]], Tensor]:
    """The function that sets the gradients of a batch and returns its loss."""
    compute: Callable[[Mapping[str, Tensor]], Tensor]
    if run.compiled:
        objective = compile_function(objective, run.device)
    compute = partial(compute_gradients, objective, scaler, phase=phase, device=run.device)
    if run.graphs:
        compute = RecordedGradients(compute, run.network)
    if run.processes.count > 1:
        compute = AveragedGradients(compute, run.network, run.processes)
    return compute


def choose_interval(iterations: int) -> int:
    """Return after how many iterations of a phase a line of history is due.

    Example:
        >>> [choose_interval(iterations) for iterations in (60, 20_000, 300_000)]
        [1, 200, 1000]
    """
    return min(max(1, iterations // LINES), LONGEST_INTERVAL)


def find_hard_scenes(
    run: Run, number: int, objective: Objective, store: Store, scene_names: Sequence[str]
) -> list[str]:
    """Return the scenes with the greatest loss at the beginning of a phase.

    Args:
        run: the network and its data.
        number: of the phase, whose `hard_scenes` gives the share of scenes; at least one scene is
            hard. Without `hard_scenes` no scene is.
        objective: of the phase.
        store: the cubes of the phase.
        scene_names: the scenes of the phase.

    Returns:
        Their names, sorted.
    """
    phase, device = run.phases[number], run.device
    if phase["hard_scenes"] is None:
        return []
    run.network.eval()
    losses = {}
    for scene in run.processes.share(scene_names):
        patches = Patches(
            store, run.assembler, [scene], seed=run.seed, number=number,
            with_gain=needs_gain(run.network, phase["objective"]),
            phase={**phase, "stride": None, "batch": min(phase["batch"], 4)},
        )  # fmt: skip
        images = {name: tensor.to(device) for name, tensor in patches[0].items()}
        cube = images.pop("cube")
        precision = choose_precision(phase["precision"], device)
        with torch.inference_mode(), autocast(precision, device):
            losses[scene] = float(compute_loss(phase["loss"], *objective(images, cube)))
    losses = run.processes.gather(losses, scene_names)
    count = max(1, round(phase["hard_scenes"]["share"] * len(scene_names)))
    log.info("%d hard scenes", count)
    return sorted(sorted(losses, key=lambda scene: -losses[scene])[:count])


def _initialise(
    run: Run, path: Path, fingerprint: str, initial_checkpoint: str | Path | None
) -> Progress:
    """Give a network the weights that its training continues or starts with."""
    progress = Progress.load(path, fingerprint)
    run.processes.check_equal(
        progress.iterations,
        f"{path}: is not the same file for all processes; put results on a disk that nodes share",
    )
    if progress.iterations:
        progress.restore(run.network)
        log.info("continuing after iteration %d", progress.iterations)
    elif initial_checkpoint is not None:
        content = checkpoint.load(initial_checkpoint)
        wavelengths = run.store.wavelengths_nm
        checkpoint.restore(run.network, content, initial_checkpoint, wavelengths)
        log.info("starting with the weights of %s", initial_checkpoint)
    return progress


def _set_learning_rate(optimizer: torch.optim.Optimizer, phase: RunPhase, progress: float) -> float:
    """Set and return the learning rate of the schedule at a progress of 0 to 1."""
    rate = build("schedule", phase["schedule"], phase["optimizer"]["lr"], progress)
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate
