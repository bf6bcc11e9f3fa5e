"""The hand-over of a training: weights as safetensors, never a pickle, and what they are of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safetensors.torch import load_file
from torch import nn

from silencio.data.species import Species, read_species
from silencio.errors import SilencioError
from silencio.experiment import read_experiment
from silencio.handover import Handover
from silencio.models import build
from silencio.settings import Experiment
from silencio.training.losses import asked_of_each

WEIGHTS, LAST, EXPERIMENT, SPECIES = "model.safetensors", "last.safetensors", "experiment.yaml", "labels.csv"
"""`WEIGHTS` are those of the best epoch."""


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
        """Ready to predict: the sigmoid of what it says are probabilities, whatever it was trained with."""
        network = self.network()
        if self.experiment.training.loss.name == "cross_entropy":
            network = asked_of_each(network)
        return network.eval()

    def network(self, weights: str = WEIGHTS) -> nn.Module:
        """What was trained, as it was trained; to predict with, take `model`."""
        if weights not in self.handover.files:
            raise SilencioError(
                f"{self.handover.folder} holds no {weights}.",
                "Train it with training.keep_last, or take the weights of its best epoch.",
            )
        experiment = self.experiment
        network = build(experiment.model, experiment.audio.shape, len(self.species))
        network.load_state_dict(load_file(self.handover / weights))
        return network
