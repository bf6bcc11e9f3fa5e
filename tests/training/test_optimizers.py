"""Optimizers, by their names in torch.optim."""

import re

import pytest
import torch
from torch import nn

from silencio.errors import WrongUse
from silencio.settings import Training
from silencio.training.optimizers import make_optimizer, optimizers


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


@pytest.mark.parametrize("name", sorted(optimizers()))
def test_every_optimizer_that_is_offered_takes_a_step(name: str) -> None:
    network = model()
    optimizer = make_optimizer(network, Training(optimizer=name, learning_rate=0.1, weight_decay=0))
    before = network[0].weight.detach().clone()

    network(torch.randn(8, 3)).square().sum().backward()
    optimizer.step()

    assert type(optimizer) is getattr(torch.optim, name)
    assert not torch.equal(network[0].weight, before)


def test_sgd_has_momentum_unless_told_otherwise() -> None:
    def group(settings: Training) -> tuple[float, bool, float, float]:
        first = make_optimizer(model(), settings).param_groups[0]
        return first["momentum"], first["nesterov"], first["lr"], first["weight_decay"]

    assert group(Training()) == (0.9, True, 0.2, 1e-4)
    plain = Training(optimizer_options={"momentum": 0, "nesterov": False}, learning_rate=0.5)
    assert group(plain) == (0, False, 0.5, 1e-4)


def test_options_are_torchs_own() -> None:
    settings = Training(optimizer="Adam", optimizer_options={"betas": [0.8, 0.95], "amsgrad": True})
    group = make_optimizer(model(), settings).param_groups[0]
    assert (list(group["betas"]), group["amsgrad"]) == ([0.8, 0.95], True)


def test_frozen_weights_are_not_learnt() -> None:
    network = model()
    network[0].requires_grad_(False)
    (group,) = make_optimizer(network, Training()).param_groups
    assert len(group["params"]) == 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Training(optimizer="AdamV"), "training.optimizer is AdamV, which there is not. Did you mean Adam"),
        (Training(optimizer="adam"), "training.optimizer is adam, which there is not. Did you mean Adam?"),
        (Training(optimizer="LBFGS"), "There are ASGD, Adadelta, "),
        (
            Training(optimizer="Adam", optimizer_options={"beta": [0.9, 0.99]}),
            "training.optimizer_options.beta is nothing that Adam takes. Did you mean betas?",
        ),
        (
            Training(optimizer_options={"lr": 0.1}),
            "training.optimizer_options.lr is not set there. It follows from training.learning_rate.",
        ),
        (
            Training(optimizer="Adam", optimizer_options={"eps": "1e-8"}),
            "Adam cannot be made with the training.optimizer_options that are set (eps: '1e-8')",
        ),
        (Training(optimizer="Adam", optimizer_options={"betas": [2, 0.9]}), "Invalid beta parameter"),
        (Training(optimizer="Rprop"), "training.weight_decay is 0.0001, and Rprop has none. Set it to 0"),
    ],
)
def test_what_cannot_be_is_said_with_what_could(settings: Training, said: str) -> None:
    with pytest.raises(WrongUse, match=re.escape(said)):
        make_optimizer(model(), settings)
