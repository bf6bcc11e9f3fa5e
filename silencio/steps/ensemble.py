"""Train an ensemble: each member by itself, then their weights on validation, then all of it as one checkpoint.

A member is the experiment with that one model and a seed of its own, and so a checkpoint that is found again
wherever else it is wanted. Whoever takes the ensemble's checkpoint need not know that it is one.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silencio.errors import SilencioError, WrongUse
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, digest_of_file, git_commit
from silencio.progress import Progress, Tell
from silencio.steps import build
from silencio.steps.house import House

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from silencio.data.windows.store import Windows
    from silencio.settings import Experiment
    from silencio.training.checkpoint import Checkpoint
    from silencio.training.tracker import Described, OpenTracker, Tracker

log = logging.getLogger(__name__)

ENSEMBLE = "ensemble"
"""What an architecture is called that is several."""


@dataclass(frozen=True)
class Member:
    """What a checkpoint of an ensemble says of each of its models."""

    architecture: str
    checkpoint: str
    """Its digest."""
    weight: float
    validation_map: float | None
    """None where nobody validates."""

    def said(self) -> str:
        heard = "" if self.validation_map is None else f", validation mAP {self.validation_map:.3f}"
        return f"{self.architecture} ({self.checkpoint[:12]}), weight {self.weight:.3f}{heard}"


@dataclass(frozen=True)
class Weighed:
    members: tuple[Member, ...]
    validation_map: float | None
    """Of all together."""
    windows: int
    """That the weights were fitted on; 0: they are equal."""


def members_of(experiment: "Experiment") -> dict[str, "Experiment"]:
    """What trains each model of an experiment by itself, by a name of its own; of a single model all of it.

    Raises where a model cannot be trained so.
    """
    asked = experiment.model
    if asked.architecture != ENSEMBLE:
        return {asked.architecture: experiment}
    if experiment.training.warm_start:
        raise WrongUse(
            "training.warm_start begins with one model's weights, and model.architecture is ensemble.",
            "Set it to false, or train a single model.",
        )
    alone: dict[str, Experiment] = {}
    for number, model in enumerate(asked.members):
        name = model.architecture
        # Two of one architecture would otherwise be one model twice.
        seed = experiment.seed + number
        alone[name if name not in alone else f"{name}-{number + 1}"] = experiment.model_copy(
            update={"model": model, "seed": seed}
        )
    return alone


def train_ensemble(
    house: House, windows: Handover, tell: Tell, open_tracker: "OpenTracker | None" = None
) -> Handover:
    """Tracked as a run that its members' are parts of."""
    alone = members_of(house.experiment)

    def trained(open_part: "OpenTracker") -> list[Handover]:
        made = []
        for number, experiment in enumerate(alone.values()):

            def told(progress: Progress, number: int = number) -> None:
                done, of = number * progress.of + progress.done, len(alone) * progress.of
                tell(Progress(done, of, f"member {number + 1} of {len(alone)}, {progress.what}"))

            made.append(build.train(replace(house, experiment=experiment), windows, told, open_part))
        return made

    return _sealed(house, windows, _kind_of_device(house), trained, open_tracker)


def train_member(house: House, name: str, windows: Handover, tell: Tell) -> Handover:
    """One of `members_of` an ensemble; whichever is trained first begins the run that all of them are parts of."""
    from silencio.registry.runs import Runs

    alone = replace(house, experiment=members_of(house.experiment)[name])
    runs = Runs(house.site, house.workspace)
    key, described = _described(house, windows, _kind_of_device(house))
    runs.begin(key, _named(house, key), described)
    return build.train(alone, windows, tell, runs.inside(key))


def join(house: House, windows: Handover, trained: Sequence[Handover]) -> Handover:
    """The ensemble of members that were trained elsewhere, in whatever order they come."""
    from silencio.training.checkpoint import Checkpoint

    came = [(Checkpoint(one).experiment, one) for one in trained]
    members = []
    for name, alone in members_of(house.experiment).items():
        own = [one for said, one in came if (said.model, said.seed) == (alone.model, alone.seed)]
        if len(own) != 1:
            raise SilencioError(
                f"Of the member {name} there are {len(own)} checkpoints among the {len(trained)} handed over.",
                "Train each member of model.members once, by this very experiment.",
            )
        members += own
    # They may have been trained on another kind of machine than this one, which only weighs them.
    devices = sorted({str(one.facts["inputs"]["device"]) for one in members})
    return _sealed(house, windows, " and ".join(devices), lambda _: members)


def _sealed(
    house: House,
    windows: Handover,
    device: str,
    members: "Callable[[OpenTracker], Sequence[Handover]]",
    open_tracker: "OpenTracker | None" = None,
) -> Handover:
    from silencio.data.windows.store import Windows
    from silencio.registry.runs import Runs
    from silencio.training.checkpoint import Checkpoint

    store = Windows.open(windows)
    runs = Runs(house.site, house.workspace)

    def open_group(key: str, described: "Described") -> "AbstractContextManager[Tracker]":
        return runs.group(key, _named(house, key), described)

    def make(folder: Path) -> Mapping[str, Any]:
        key, described = _described(house, windows, device)
        with (open_tracker or open_group)(key, described) as tracker:
            models = [Checkpoint(one) for one in members(runs.inside(key))]
            weighed = weigh(models, store)
            write(models, weighed, house.experiment, folder)
            if weighed.validation_map is not None:
                tracker.figures({"validation_map": weighed.validation_map}, step=0)
            for file in sorted(folder.iterdir()):
                tracker.keep(file)
            return {
                "run": tracker.key,
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "frontend": store.front_end.model_dump(mode="json"),
                "epochs": sum(model.facts["epochs"] for model in models),
                "validation_map": weighed.validation_map,
                "weighed_on": weighed.windows,
                "members": [asdict(member) for member in weighed.members],
            }

    return house.workspace.produce(Kind.CHECKPOINT, _inputs(house, windows, device), make)


def _named(house: House, key: str) -> str:
    return f"{house.experiment.name}-ensemble-{key[:8]}"


def _described(house: House, windows: Handover, device: str) -> tuple[str, "Described"]:
    """The key of an ensemble's run, and what that says of itself."""
    from silencio.data.windows.store import Windows
    from silencio.training.run import learnt_from
    from silencio.training.tracker import Described

    inputs = _inputs(house, windows, device)
    data = {kind: digest for kind, digest in learnt_from(Windows.open(windows)).items() if digest}
    settings = {**house.experiment.model_dump(mode="json"), **inputs}
    return digest_of(inputs), Described(house.experiment.name, settings, data)


def _kind_of_device(house: House) -> str:
    from silencio.training.compute import kind_of_device

    return kind_of_device(house.experiment.training)


def _inputs(house: House, windows: Handover, device: str) -> dict[str, Any]:
    from silencio.models.weights import Sources, bring
    from silencio.registry.runs import tracking_uri

    experiment = house.experiment
    sources = Sources(house.workspace / "raw/weights", tracking_uri(house.site, house.workspace))
    files = [bring(member, sources) for member in experiment.model.members]
    return {
        "windows": windows.digest,
        "seed": experiment.seed,
        "secondary_weight": experiment.data.secondary_weight,
        "model": experiment.model.model_dump(mode="json"),
        "training": experiment.training.model_dump(mode="json"),
        "weights": [digest_of_file(file) if file else None for file in files],
        "device": device,
        "code": code_digest("models", "training", "evaluation", "steps"),
    }


def weigh(members: Sequence["Checkpoint"], windows: "Windows") -> Weighed:
    """By what each says of the validation windows; all the same where there are none."""
    import numpy as np

    from silencio.evaluation.judged import judged_on
    from silencio.evaluation.metrics import mean_average_precision
    from silencio.evaluation.run import checkpoint_scores
    from silencio.models.ensemble import fit_weights

    judged = judged_on(windows, "validation")
    truth = judged.truth.targets
    if not len(judged.rows):
        log.warning("Nobody validates: the members of the ensemble weigh the same.")
        scores, weights = np.empty((len(members), *truth.shape)), np.full(len(members), 1 / len(members))
    else:
        scores = np.stack([checkpoint_scores(member, windows, judged) for member in members])
        weights = fit_weights(scores, truth)

    def reached(said: Any) -> float | None:
        """None, too, where no species of the validation part calls in some windows and not in others."""
        figure = mean_average_precision(truth, said) if len(said) else float("nan")
        return None if isnan(figure) else float(figure)

    said_by_all = np.einsum("m,mwc->wc", weights, scores)
    described = tuple(
        Member(one.experiment.model.architecture, one.handover.digest, float(weight), reached(said))
        for one, weight, said in zip(members, weights, scores, strict=True)
    )
    weighed = Weighed(described, reached(said_by_all), len(judged.rows))
    for member in weighed.members:
        log.info("%s", member.said())
    return weighed


def write(members: Sequence["Checkpoint"], weighed: Weighed, experiment: "Experiment", folder: Path) -> None:
    """The files of a checkpoint: all members in one."""
    from safetensors.torch import save_file

    from silencio.data.species import write_species
    from silencio.models.ensemble import Ensemble
    from silencio.training.checkpoint import EXPERIMENT, SPECIES, WEIGHTS

    networks = [member.network() for member in members]
    together = Ensemble(networks, [member.weight for member in weighed.members])
    save_file({name: t.contiguous() for name, t in together.state_dict().items()}, folder / WEIGHTS)
    (folder / EXPERIMENT).write_text(experiment.to_yaml())
    write_species(members[0].species, folder / SPECIES)
