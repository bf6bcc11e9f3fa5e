"""Train an ensemble: each member by itself, then their weights on validation, then all of it as one checkpoint.

A member is the experiment with that one model and a seed of its own, and so a checkpoint that is found again
wherever else it is wanted. Whoever takes the ensemble's checkpoint need not know that it is one.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silencio.errors import WrongUse
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, digest_of_file, git_commit
from silencio.progress import Progress, Tell
from silencio.steps import build
from silencio.steps.house import House

if TYPE_CHECKING:
    from silencio.data.windows.store import Windows
    from silencio.settings import Experiment
    from silencio.training.checkpoint import Checkpoint
    from silencio.training.tracker import OpenTracker

log = logging.getLogger(__name__)


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


def train_ensemble(
    house: House, windows: Handover, tell: Tell, open_tracker: "OpenTracker | None" = None
) -> Handover:
    """Tracked as a run that its members' are parts of."""
    from silencio.data.windows.store import Windows
    from silencio.registry.runs import Runs
    from silencio.training.run import learnt_from
    from silencio.training.tracker import Described

    experiment, store = house.experiment, Windows.open(windows)
    if experiment.training.warm_start:
        raise WrongUse(
            "training.warm_start begins with one model's weights, and model.architecture is ensemble.",
            "Set it to false, or train a single model.",
        )
    runs = Runs(house.site, house.workspace)
    inputs = _inputs(house, windows)

    def make(folder: Path) -> Mapping[str, Any]:
        key = digest_of(inputs)
        data = {kind: digest for kind, digest in learnt_from(store).items() if digest}
        described = Described(experiment.name, {**experiment.model_dump(mode="json"), **inputs}, data)
        name = f"{experiment.name}-ensemble-{key[:8]}"
        opened = open_tracker(key, described) if open_tracker else runs.group(key, name, described)
        with opened as tracker:
            members = _train_members(house, windows, tell, runs.inside(key))
            weighed = weigh(members, store)
            write(members, weighed, experiment, folder)
            if weighed.validation_map is not None:
                tracker.figures({"validation_map": weighed.validation_map}, step=0)
            for file in sorted(folder.iterdir()):
                tracker.keep(file)
            return {
                "run": tracker.key,
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "frontend": store.front_end.model_dump(mode="json"),
                "epochs": sum(member.facts["epochs"] for member in members),
                "validation_map": weighed.validation_map,
                "weighed_on": weighed.windows,
                "members": [asdict(member) for member in weighed.members],
            }

    return house.workspace.produce(Kind.CHECKPOINT, inputs, make)


def _inputs(house: House, windows: Handover) -> dict[str, Any]:
    from silencio.models.weights import Sources, bring
    from silencio.registry.runs import tracking_uri
    from silencio.training.compute import kind_of_device

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
        "device": kind_of_device(experiment.training),
        "code": code_digest("models", "training", "evaluation", "steps"),
    }


def _train_members(
    house: House, windows: Handover, tell: Tell, open_tracker: "OpenTracker"
) -> list["Checkpoint"]:
    from silencio.training.checkpoint import Checkpoint

    models, trained = house.experiment.model.members, []
    for number, model in enumerate(models):

        def told(progress: Progress, number: int = number) -> None:
            done, of = number * progress.of + progress.done, len(models) * progress.of
            tell(Progress(done, of, f"member {number + 1} of {len(models)}, {progress.what}"))

        # Two of one architecture would otherwise be one model twice.
        alone = {"model": model, "seed": house.experiment.seed + number}
        member = replace(house, experiment=house.experiment.model_copy(update=alone))
        trained.append(Checkpoint(build.train(member, windows, told, open_tracker)))
    return trained


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
