"""What a phase of a training minimises, and one step of the optimizer."""

import math
from collections.abc import Callable, Mapping, Sequence
from inspect import signature

import torch
from torch import Tensor, nn

from respectra.build import build, function, suggest
from respectra.camera.observations import Observations
from respectra.device import autocast, choose_precision
from respectra.plan_types import PhaseSettings, Settings

Objective = Callable[[Mapping[str, Tensor], Tensor], tuple[Tensor, Tensor]]


def build_objective(
    network: nn.Module, name: str, observations: Observations, device: torch.device
) -> Objective:
    """Return the function whose two results the losses of a phase compare.

    Args:
        network: the network in training.
        name: `forward` compares the reconstruction with the cube. Any other name is a method of
            the network that returns both tensors; its arguments are inputs of the network, `cube`,
            the camera's `response`, (3, bands), its `sensor_response` without the gains of the
            white balance, or the `gain` of each patch's whole scene, (n,).
        observations: hold the responses.
        device: of the network.

    Returns:
        A function of the network's inputs and the cube that returns prediction and target.

    Raises:
        ValueError: the network has no such method.
    """
    if name == "forward":
        return lambda images, cube: (network(**images), cube)
    method = getattr(network, name, None)
    if method is None:
        methods = [key for key in vars(type(network)) if not key.startswith("_")]
        raise ValueError(f"objective: the network has no method {name}; {suggest(name, methods)}")
    arguments = signature(method).parameters
    responses = {
        key: torch.from_numpy(getattr(observations, key)).float().to(device)
        for key in ("response", "sensor_response")
        if key in arguments
    }

    def compare(images: Mapping[str, Tensor], cube: Tensor) -> tuple[Tensor, Tensor]:
        values = {**images, **responses, "cube": cube}
        return method(**{argument: values[argument] for argument in arguments})

    return compare


def needs_gain(network: nn.Module, name: str) -> bool:
    """Return whether an objective takes the gain of each patch's scene; arguments as above."""
    method = getattr(network, name, None)
    return name != "forward" and method is not None and "gain" in signature(method).parameters


def freeze_parts(network: nn.Module, parts: Sequence[str]) -> None:
    """Freeze parts of a network and train the rest.

    The parameters of a frozen part and the statistics of its norms do not change.

    Args:
        network: changed in place.
        parts: names of modules.

    Raises:
        ValueError: the network has no such part.
    """
    network.train()
    modules = dict(network.named_modules())
    for part in parts:
        if part not in modules:
            children = [name for name, _ in network.named_children()]
            raise ValueError(f"freeze: the network has no part {part}; {suggest(part, children)}")
        modules[part].eval()
    prefixes = tuple(f"{part}." for part in parts)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(prefixes))


def compute_loss(losses: Mapping[str, float], prediction: Tensor, target: Tensor) -> Tensor:
    """Return the weighted sum of losses, in float32.

    Args:
        losses: the weight of each function of `respectra.losses`, by its name.
        prediction: (n, …).
        target: of the same shape.
    """
    terms = [
        weight * function("loss", name)(prediction.float(), target.float())
        for name, weight in losses.items()
    ]
    return torch.stack(terms).sum()


def compute_gradients(
    objective: Objective,
    scaler: torch.amp.GradScaler,
    batch: Mapping[str, Tensor],
    *,
    phase: PhaseSettings,
    device: torch.device,
) -> Tensor:
    """Add a batch's gradients to those of the parameters and return its loss.

    The batch is divided into `accumulate` parts, whose gradients add up to the batch's.

    Args:
        objective: of the phase.
        scaler: of the gradients.
        batch: the network's inputs and `cube`.
        phase: loss, precision and accumulate.
        device: of the network.
    """
    total = torch.zeros((), device=device)
    size = len(batch["rgb"])
    part_size = math.ceil(size / phase["accumulate"])
    for start in range(0, size, part_size):
        images = {
            name: tensor[start : start + part_size].to(device, non_blocking=True)
            for name, tensor in batch.items()
        }
        cube = images.pop("cube")
        with autocast(choose_precision(phase["precision"], device), device):
            prediction, target = objective(images, cube)
        loss = compute_loss(phase["loss"], prediction, target) * (len(cube) / size)
        scaler.scale(loss).backward()
        total += loss.detach()
    return total


def take_step(
    compute: Callable[[Mapping[str, Tensor]], Tensor],
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    batch: Mapping[str, Tensor],
) -> Tensor:
    """Take one step of the optimizer and return the batch's loss.

    Args:
        compute: computes the gradients of a batch and returns its loss.
        optimizer: of the parameters that the phase trains.
        scaler: of the gradients.
        batch: the network's inputs and `cube`.
    """
    optimizer.zero_grad(set_to_none=True)
    loss = compute(batch)
    scaler.step(optimizer)
    scaler.update()
    return loss


def build_optimizer(
    settings: Settings, parameters: Sequence[nn.Parameter], device: torch.device
) -> torch.optim.Optimizer:
    """Build an optimizer; Adam updates all parameters at once (`fused`), on a CPU and on a GPU.

    On a CPU this takes half of the time of PyTorch's default, ten operations for each parameter.

    Args:
        settings: the optimizer and its arguments.
        parameters: that it changes.
        device: of the parameters.
    """
    if device.type in ("cpu", "cuda") and settings["is"] in (
        "torch.optim:Adam",
        "torch.optim:AdamW",
    ):
        settings = {**settings, "fused": True}
    return build("optimizer", settings, parameters)
