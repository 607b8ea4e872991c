from collections.abc import Mapping
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from respectra.build import build
from respectra.camera.observations import Observations
from respectra.train.objective import (
    build_objective,
    build_optimizer,
    compute_gradients,
    compute_loss,
    take_step,
)
from tests.conftest import Data
from tests.small_plans import make_phase

CPU = torch.device("cpu")


class Gain(nn.Module):
    """A cube that is rgb's first channel times a learnt number."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(2.0))

    def forward(self, rgb: Tensor) -> Tensor:
        return self.gain * rgb[:, :1]

    def project(self, cube: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
        return torch.einsum("cb,nbhw->nchw", response, cube), cube


def make_batch(count: int) -> Mapping[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "rgb": torch.rand(count, 3, 4, 4, generator=generator),
        "cube": torch.rand(count, 1, 4, 4, generator=generator) + 0.1,
    }


def test_forward_compares_the_reconstruction_with_the_cube(data: Data) -> None:
    objective = build_objective(Gain(), "forward", Observations(data.observations), CPU)
    batch = make_batch(2)
    prediction, target = objective({"rgb": batch["rgb"]}, batch["cube"])
    assert torch.equal(prediction, 2 * batch["rgb"][:, :1])
    assert torch.equal(target, batch["cube"])


def test_a_method_receives_the_arguments_that_it_names(data: Data) -> None:
    observations = Observations(data.observations)
    objective = build_objective(Gain(), "project", observations, CPU)
    cube = torch.rand(1, 31, 2, 2)
    projection, _ = objective({"rgb": torch.rand(1, 3, 2, 2)}, cube)
    expected = torch.einsum("cb,nbhw->nchw", torch.from_numpy(observations.response).float(), cube)
    torch.testing.assert_close(projection, expected)


def test_an_unknown_method_is_named(data: Data) -> None:
    with pytest.raises(ValueError, match="has no method projects; did you mean project?"):
        build_objective(Gain(), "projects", Observations(data.observations), CPU)


def test_losses_are_weighted_and_added_in_float32() -> None:
    prediction, target = torch.full((1, 1, 2, 2), 3.0), torch.full((1, 1, 2, 2), 1.0)
    loss = compute_loss({"l1": 0.5, "mse": 2.0}, prediction.bfloat16(), target)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(0.5 * 2 + 2.0 * 4)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_a_step_in_parts_is_the_step_of_the_batch(data: Data, parts: int) -> None:
    network, batch = Gain(), make_batch(5)
    objective = build_objective(network, "forward", Observations(data.observations), CPU)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    phase = make_phase(loss={"mse": 1.0}, accumulate=parts)
    compute = partial(compute_gradients, objective, scaler, phase=phase, device=CPU)
    loss = take_step(compute, torch.optim.SGD(network.parameters(), lr=0.1), scaler, batch)
    error = 2 * batch["rgb"][:, :1] - batch["cube"]
    assert loss.item() == pytest.approx(error.square().mean().item(), rel=1e-5)
    gradient = 2 * (error * batch["rgb"][:, :1]).mean().item()
    assert network.gain.item() == pytest.approx(2.0 - 0.1 * gradient, rel=1e-5)


@pytest.mark.parametrize("device", [CPU, torch.device("cuda")])
def test_adam_is_fused_and_other_optimizers_are_as_pytorch_has_them(device: torch.device) -> None:
    settings = {"is": "torch.optim:Adam", "lr": 0.1, "betas": [0.5, 0.9]}
    parameters = [nn.Parameter(torch.ones(1))]
    adam = build_optimizer(settings, parameters, device)
    assert adam.param_groups[0]["fused"]
    assert tuple(adam.param_groups[0]["betas"]) == (0.5, 0.9)
    sgd = {"is": "torch.optim:SGD", "lr": 0.1}
    assert build_optimizer(sgd, parameters, device).param_groups[0]["fused"] is None


@pytest.mark.parametrize("name", ["torch.optim:Adam", "torch.optim:AdamW"])
def test_a_fused_optimizer_takes_the_steps_of_the_plain_one(name: str) -> None:
    settings = {"is": name, "lr": 0.01, "betas": [0.9, 0.99], "weight_decay": 0.1}
    weights = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    results = []
    for make in (partial(build_optimizer, device=CPU), partial(build, "optimizer")):
        parameter, unused = nn.Parameter(weights.clone()), nn.Parameter(torch.ones(2))
        optimizer = make(settings, [parameter, unused])
        for _ in range(20):
            optimizer.zero_grad(set_to_none=True)
            (parameter**2).sum().backward()
            optimizer.step()
        results.append(parameter.detach())
        assert torch.equal(unused, torch.ones(2))
    torch.testing.assert_close(*results, rtol=1e-5, atol=1e-7)
    assert not torch.equal(results[0], weights)
