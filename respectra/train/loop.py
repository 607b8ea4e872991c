"""The training loop: recipe + scenes → checkpoint."""

import csv
import hashlib
import io
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn
from torch.utils.data import DataLoader

from respectra.build import build, function, near
from respectra.camera.observations import Observations
from respectra.datasets.store import Store, join_stores, keep_scenes
from respectra.device import autocast, choose, describe, keep_freed_memory, place, precision
from respectra.files import aside
from respectra.logs import duration, log
from respectra.train import checkpoint
from respectra.train.patches import Patches

Compare = Callable[[Mapping[str, Tensor], Tensor], tuple[Tensor, Tensor]]
LINES, LONGEST = 100, 1000  # of history in a phase, but a line at least every 1000 iterations


def train(
    *,
    plan: Mapping[str, Any],
    scenes: str | Path,
    observations: str | Path,
    seed: int,
    save_plan: str | Path,
    save_checkpoint: str | Path,
    save_history: str | Path,
    beside: Sequence[str | Path] = (),
    start: str | Path | None = None,
    device: str = "auto",
    threads: int = 1,
    workers: int | str = 0,
    save_seconds: float = 300.0,
) -> None:
    """Train one network as its plan says, going on where a killed run of the same plan stopped.

    The state to go on from is `progress.pt` beside the checkpoint; it is written at most every
    `save_seconds` and at the end of a phase, and goes when the run ends. On one device with the
    same number of threads a resumed run ends with the same bytes as one never stopped.

    Args:
        plan: network, inputs, phases (`train`) and the code's digest.
        scenes: the data set's manifest; scenes of split `train` are used.
        observations: the camera's folder.
        seed: the one number all randomness of the run comes from.
        save_plan, save_checkpoint, save_history: the products.
        beside: manifests of other data sets, whose training cubes phases with `beside` meet too.
        start: a checkpoint of the same network to begin with.
        device: `auto`, `cpu` or `cuda`.
        threads: of the CPU.
        workers: processes that read patches; `auto` is 4 beside a GPU, else 0.
        save_seconds: time between two saves of the progress.

    Raises:
        ValueError: a setting cannot be, or the loss is no longer a number.
    """
    torch.set_num_threads(threads)
    on = choose(device)
    if on.type == "cpu":
        keep_freed_memory()
    store, seen = Store(scenes), Observations(observations)
    more = join_stores(store, {Path(path).parent.name: Store(path) for path in beside})
    bands = len(store.wavelengths_nm)
    torch.manual_seed(seed)
    network = build("network", plan["network"], bands=bands)
    place(network, on).train()
    first_guess = plan["inputs"].get("estimate")
    estimate = build("fit", first_guess, store, seen) if first_guess else None
    phases: Sequence[Mapping[str, Any]] = plan["train"]
    total = sum(phase["iterations"] for phase in phases)
    log.info(
        "%s parameters, %d bands, %d iterations on %s",
        f"{sum(p.numel() for p in network.parameters()):,}", bands, total, describe(on),
    )  # fmt: skip

    progress_file = Path(save_checkpoint).with_name("progress.pt")
    run = _fingerprint(plan, seed, start)
    state = _resume(progress_file, run)
    history: list[list[Any]] = state["history"]
    if state["done"]:
        network.load_state_dict(state["network"])
        log.info("going on after iteration %d", state["done"])
    elif start is not None:
        checkpoint.restore(network, checkpoint.load(start), start)
        log.info("beginning with %s", start)
    clock, begun, saved = time.monotonic(), state["done"], time.monotonic()

    done_before = 0  # iterations of earlier phases
    for number, phase in enumerate(phases):
        iterations, first = phase["iterations"], max(0, state["done"] - done_before)
        done_before += iterations
        if first >= iterations:
            continue
        cubes = more if phase.get("beside") else store
        seen_scenes = keep_scenes(cubes.scenes("train"), phase.get("hold_out"))
        draws = {"inputs": plan["inputs"], "phase": phase, "seed": seed, "number": number,
                 "estimate": estimate}  # fmt: skip
        compare = _compare(network, phase.get("learns", "forward"), seen, on)
        hard: list[str] = state["hard"] if first else []
        if phase.get("hard") and not first:
            network.eval()
            hard = hardest(compare, cubes, seen, seen_scenes, on=on, **draws)
            log.info("%d hard scenes", len(hard))
        again = hard * (phase["hard"]["times"] - 1) if hard else []
        _freeze(network, phase.get("freeze", ()))
        moving = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimizer = build("optimizer", phase["optimizer"], moving)
        scaler = torch.amp.GradScaler(
            on.type, enabled=precision(phase["precision"], on) == torch.float16
        )
        if first:
            optimizer.load_state_dict(state["optimizer"])
            scaler.load_state_dict(state["scaler"])
        if state["random"] is not None:
            _set_random_state(state["random"])
            state["random"] = None
        patches = Patches(cubes, seen, [*seen_scenes, *again], **draws)
        batches = _batches(patches, first, on, workers)
        line, losses = min(max(1, iterations // LINES), LONGEST), []
        rate = phase["optimizer"]["lr"]
        for iteration, batch in enumerate(batches, start=first + 1):
            rate = _schedule(phase, (iteration - 1) / iterations)
            for group in optimizer.param_groups:
                group["lr"] = rate
            losses.append(_step(compare, optimizer, scaler, batch, phase, on))
            if iteration % line and iteration < iterations:
                continue

            loss = float(torch.stack(losses).mean())
            losses = []
            if not math.isfinite(loss):
                raise ValueError(
                    f"the loss is {loss} before iteration {iteration} of phase {number}: "
                    "lower the learning rate, or look for zeros in the cubes"
                )
            history.append([number, iteration, rate, loss])
            here = done_before - iterations + iteration
            left = (time.monotonic() - clock) / (here - begun) * (total - here)
            log.info("iteration %d of %d, loss %.4f, %s left", here, total, loss, duration(left))
            if time.monotonic() - saved >= save_seconds or iteration == iterations:
                checkpoint.save(
                    progress_file,
                    {
                        "plan": run,
                        "hard": hard,
                        "done": here,
                        "network": network.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "scaler": scaler.state_dict(),
                        "random": _random_state(),
                        "history": history,
                    },
                )
                saved = time.monotonic()

    network.to("cpu")
    with aside(save_plan) as path:
        path.write_text(yaml.safe_dump(dict(plan), sort_keys=False, allow_unicode=True))
    with aside(save_history) as path, open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["phase", "iteration", "learning_rate", "loss"])
        rows.writerows(history)
    checkpoint.save(
        save_checkpoint,
        {
            "network": dict(plan["network"]),
            "bands": bands,
            "wavelengths_nm": store.wavelengths_nm,
            "iterations": total,
            "seed": seed,
            "state_dict": {key: value.contiguous() for key, value in network.state_dict().items()},
        },
    )
    progress_file.unlink(missing_ok=True)
    log.info("done in %s", duration(time.monotonic() - clock))


def hardest(
    compare: Compare, store: Store, seen: Observations, scenes: Sequence[str],
    *, on: torch.device, phase: Mapping[str, Any], **draws: Any,
) -> list[str]:  # fmt: skip
    """The share of scenes, at least one, whose patches have the greatest loss.

    Args:
        compare: what the phase compares, of the network as it finds it.
        store, seen, scenes: what the phase trains on.
        on: the device.
        phase: its `hard` says which share; the rest says what patches look like and the loss.
        draws: what Patches takes besides.
    """
    one = {**phase, "stride": None, "batch": min(phase["batch"], 4)}
    losses = {}
    for scene in scenes:
        batch = Patches(store, seen, [scene], phase=one, **draws)[0]
        given = {name: images.to(on) for name, images in batch.items()}
        cube = given.pop("cube")
        with torch.inference_mode(), autocast(precision(phase["precision"], on), on):
            losses[scene] = float(_loss(phase, *compare(given, cube)))
    count = max(1, round(phase["hard"]["share"] * len(scenes)))
    return sorted(sorted(losses, key=lambda scene: -losses[scene])[:count])


def _freeze(network: nn.Module, parts: Sequence[str]) -> None:
    """Let everything learn but these parts, which keep even the statistics of their norms.

    Raises:
        ValueError: the network has no such part.
    """
    network.train()
    modules = dict(network.named_modules())
    for part in parts:
        if part not in modules:
            known = [name for name, _ in network.named_children()]
            raise ValueError(f"freeze: the network has no part {part}; {near(part, known)}")
        modules[part].eval()
    still = tuple(f"{part}." for part in parts)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(still))


def _compare(network: nn.Module, learns: str, seen: Observations, device: torch.device) -> Compare:
    """A function of images and cube that gives what a phase compares: found, and wanted.

    `forward` is the reconstruction and the cube. Any other method of the network takes what it
    names of the images, the `cube` and the camera's `response`, and gives both itself.

    Raises:
        ValueError: the network has no such method.
    """
    if learns == "forward":
        return lambda images, cube: (network(**images), cube)
    method = getattr(network, learns, None)
    if method is None:
        known = [name for name in vars(type(network)) if not name.startswith("_")]
        raise ValueError(f"learns: the network has no method {learns}; {near(learns, known)}")
    names = signature(method).parameters
    response = torch.from_numpy(seen.response).float().to(device) if "response" in names else None

    def compare(images: Mapping[str, Tensor], cube: Tensor) -> tuple[Tensor, Tensor]:
        given = {**images, "cube": cube, "response": response}
        return method(**{name: given[name] for name in names})

    return compare


def _step(
    compare: Compare,
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    batch: Mapping[str, Tensor],
    phase: Mapping[str, Any],
    device: torch.device,
) -> Tensor:
    """One step of the optimiser over a batch, perhaps in parts; the batch's loss."""
    optimizer.zero_grad(set_to_none=True)
    total = torch.zeros((), device=device)
    size = len(batch["rgb"])
    parts = math.ceil(size / phase["accumulate"])
    for i in range(0, size, parts):
        part = {
            key: value[i : i + parts].to(device, non_blocking=True) for key, value in batch.items()
        }
        cube = part.pop("cube")
        with autocast(precision(phase["precision"], device), device):
            found, wanted = compare(part, cube)
        loss = _loss(phase, found, wanted) * (len(cube) / size)
        scaler.scale(loss).backward()
        total += loss.detach()
    scaler.step(optimizer)
    scaler.update()
    return total


def _loss(phase: Mapping[str, Any], found: Tensor, wanted: Tensor) -> Tensor:
    terms = (
        weight * function("loss", name)(found.float(), wanted.float())
        for name, weight in phase["loss"].items()
    )
    return torch.stack(list(terms)).sum()


def _batches(
    patches: Patches, first: int, device: torch.device, workers: int | str
) -> Iterator[dict[str, Tensor]]:
    """The phase's batches from iteration `first` on, read ahead by workers if there are any."""
    count = (4 if device.type == "cuda" else 0) if workers == "auto" else int(workers)
    loader = DataLoader(
        patches,
        batch_size=None,
        sampler=range(first, len(patches)),
        num_workers=count,
        pin_memory=device.type == "cuda",
        generator=torch.Generator(),  # so that reading never draws from the training's randomness
    )
    return iter(loader)


def _schedule(phase: Mapping[str, Any], progress: float) -> float:
    return build("schedule", phase["schedule"], phase["optimizer"]["lr"], progress)


def _resume(path: Path, run: str) -> dict[str, Any]:
    """The progress of a stopped run of the same plan, or a fresh start."""
    fresh = {"done": 0, "history": [], "random": None}
    if not path.is_file():
        return fresh
    try:
        state = checkpoint.load(path)
    except ValueError as error:
        log.info("starting anew: %s", error)
        return fresh
    if state.get("plan") != run:
        log.info("starting anew: %s is of another plan", path)
        return fresh
    return state


def _fingerprint(plan: Mapping[str, Any], seed: int, start: str | Path | None) -> str:
    file = io.StringIO()
    begun = None if start is None else hashlib.sha256(Path(start).read_bytes()).hexdigest()
    yaml.safe_dump({"plan": dict(plan), "seed": seed, "start": begun}, file, sort_keys=True)
    return file.getvalue()


def _random_state() -> dict[str, Any]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def _set_random_state(state: Mapping[str, Any]) -> None:
    torch.set_rng_state(state["cpu"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
