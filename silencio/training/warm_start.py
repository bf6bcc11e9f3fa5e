"""Begin with what was learnt before: a champion's weights, its species found by their codes.

inherited = inherit(network, ancestor.open(), experiment, species)
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.models import build
from silencio.settings import Experiment, Model
from silencio.training.checkpoint import WEIGHTS, Checkpoint

log = logging.getLogger(__name__)

FREE = {"dropout", "weights", "weights_digest", "frozen"}
"""Of a model's settings: what may differ, for its tensors mean the same."""


@dataclass(frozen=True)
class Ancestor:
    """The checkpoint that a training begins with; opened only if the training is not done already."""

    digest: str
    open: Callable[[], Checkpoint]

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Ancestor":
        return cls(checkpoint.handover.digest, lambda: checkpoint)


@dataclass(frozen=True)
class Inherited:
    """What became of the species, by their codes."""

    known: tuple[str, ...]
    new: tuple[str, ...]
    """The ancestor never met them: their rows stay as they were drawn."""
    gone: tuple[str, ...]


def inherit(
    network: nn.Module, ancestor: Checkpoint, experiment: Experiment, species: Sequence[Species]
) -> Inherited:
    """Put the ancestor's weights into a network that `build` made of the experiment, for these species."""
    before = ancestor.experiment
    _refuse_another(before, experiment)
    ours, theirs = [s.code for s in species], [s.code for s in ancestor.species]
    known = [code for code in ours if code in theirs]
    mine, its = ([order.index(code) for code in known] for order in (ours, theirs))
    axes = class_axes(experiment)
    own, weights = network.state_dict(), load_file(ancestor.handover / WEIGHTS)
    for name, axis in axes.items():
        weights[name] = own[name].index_copy(
            axis, torch.tensor(mine), weights[name].index_select(axis, torch.tensor(its))
        )
    network.load_state_dict(weights)
    inherited = Inherited(
        tuple(known),
        tuple(code for code in ours if code not in theirs),
        tuple(code for code in theirs if code not in ours),
    )
    log.info(
        "begins with checkpoint %s: %d species known, new %s, gone %s",
        ancestor.handover.digest[:12],
        len(known),
        ", ".join(inherited.new) or "none",
        ", ".join(inherited.gone) or "none",
    )
    return inherited


def class_axes(experiment: Experiment) -> dict[str, int]:
    """The tensors that have a place for each class, and along which of their sides: those that grow with them."""
    fewer, more = (_shapes(experiment, classes) for classes in (2, 3))
    return {
        name: next(
            i for i, (a, b) in enumerate(zip(fewer[name].shape, more[name].shape, strict=True)) if a != b
        )
        for name in fewer
        if fewer[name].shape != more[name].shape
    }


def _shapes(experiment: Experiment, classes: int) -> dict[str, Tensor]:
    # It draws weights, which nobody is to notice.
    with torch.random.fork_rng(devices=[]):
        return build(experiment.model, experiment.audio.shape, classes).state_dict()


def _refuse_another(before: Experiment, now: Experiment) -> None:
    """Weights of another network, or of one that looks at other pictures, mean nothing here."""
    differing = _differing("audio", before.audio.anywhere().model_dump(), now.audio.anywhere().model_dump())
    differing += _differing("model", _shape(before.model), _shape(now.model))
    if differing:
        raise WrongUse(
            f"training.warm_start begins with the champion's weights, and the champion has {'; '.join(differing)}.",
            "Set them as the champion has them, or set training.warm_start to false.",
        )


def _shape(model: Model) -> dict[str, object]:
    members = [_shape(member) for member in model.members]
    return {**model.model_dump(exclude=FREE), "members": members}


def _differing(section: str, before: dict[str, object], now: dict[str, object]) -> list[str]:
    return [
        f"{section}.{name} {before[name]}, here it is {now[name]}"
        for name in now
        if before.get(name) != now[name]
    ]
