"""What a teacher hears in soundscapes that nobody labelled, as a student's lesson.

    lesson = overhear(lesson, teacher, experiment.training)

Its probabilities are the targets, raised to a power: the surest stay, what is hardly believed vanishes.
"""

from dataclasses import replace

import torch

from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.settings import Experiment, SelfTraining, Training
from silencio.training.checkpoint import Checkpoint
from silencio.training.compute import Compute
from silencio.training.lesson import Lesson, Overheard, Rows
from silencio.training.loop import predict

UNLABELLED = "unlabelled"
"""The part of what nobody labelled."""


def round_of(experiment: Experiment, number: int) -> Experiment:
    """One round as an experiment of its own: it does not depend on how many follow. Round 0 has no teacher."""
    settings = experiment.training
    rounds = settings.self_training.model_copy(update={"rounds": number}) if number else SelfTraining()
    training = settings.model_copy(update={"self_training": rounds})
    return experiment.model_copy(update={"training": training})


def unlabelled(windows: Windows, settings: SelfTraining) -> Rows:
    """Raises if there are none: to find that out after the first round would be late."""
    rows = windows.rows(UNLABELLED)
    if not len(rows):
        raise WrongUse(
            f"training.self_training.rounds is {settings.rounds}, and none of {len(windows.index)} windows is of a "
            "soundscape that nobody labelled.",
            "Set data.unlabelled to true where the data have some (the built-in reserve composes as many as "
            "data.reserve.unlabelled says), or rounds to 0.",
        )
    return rows


def overhear(lesson: Lesson, teacher: Checkpoint, settings: Training) -> Lesson:
    """The lesson with what the teacher hears in the unlabelled part of its windows."""
    compute = Compute.of(settings)
    compute.prepare(settings)
    rows = unlabelled(lesson.windows, settings.self_training)
    heard = predict(compute.place(teacher.model()), lesson.windows, rows)
    believed = torch.sigmoid(heard) ** settings.self_training.power
    targets = lesson.targets.clone()
    targets[torch.from_numpy(rows)] = believed
    belief = believed.sum(dim=1).clamp_min(torch.finfo(believed.dtype).tiny)
    return replace(lesson, targets=targets, overheard=Overheard(rows, belief, settings.self_training.share))
