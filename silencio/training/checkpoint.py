"""Tensors on disk as safetensors, never a pickle; the state of a training in one file, replaced in one move."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from silencio.data.species import Species, read_species
from silencio.experiment import read_experiment
from silencio.handover import Handover
from silencio.models import build
from silencio.settings import Experiment
from silencio.training.epoch import Epoch

WEIGHTS, EXPERIMENT, SPECIES = "model.safetensors", "experiment.yaml", "labels.csv"


@dataclass
class Progress:
    """All that a training must know to go on: nothing else carries over from one epoch to the next."""

    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def save(self, path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        for number, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{number}/{k}": v for k, v in state.items() if isinstance(v, Tensor)}
        partial = path.with_suffix(".writing")
        save_file(tensors, partial, {"history": json.dumps([asdict(epoch) for epoch in self.history])})
        partial.replace(path)

    @classmethod
    def load(cls, path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> "Progress":
        """The state at the end of the last whole epoch; the model and the optimizer are set to it."""
        if not path.exists():
            return cls()
        with safe_open(path, "pt") as stream:
            history = [Epoch(**epoch) for epoch in json.loads(stream.metadata()["history"])]
        tensors = load_file(path)
        model.load_state_dict(_below(tensors, "model/"))
        states: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _below(tensors, "optimizer/").items():
            number, key = name.split("/")
            states.setdefault(int(number), {})[key] = tensor
        optimizer.load_state_dict(optimizer.state_dict() | {"state": states})
        return cls(history, _below(tensors, "best/"))


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class Checkpoint:
    """A trained model: its weights, the experiment that made it, and its species in the order of its classes."""

    handover: Handover

    @property
    def experiment(self) -> Experiment:
        return read_experiment((self.handover / EXPERIMENT).read_text(), str(self.handover / EXPERIMENT))

    @property
    def species(self) -> tuple[Species, ...]:
        return read_species(self.handover / SPECIES)

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.handover.facts

    def model(self) -> nn.Module:
        """Ready to predict."""
        experiment = self.experiment
        model = build(experiment.model, experiment.audio.shape, len(self.species))
        model.load_state_dict(load_file(self.handover / WEIGHTS))
        return model.eval()
