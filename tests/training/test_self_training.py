"""Students that learn from what their teacher hears in soundscapes that nobody labelled."""

import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.handover import Handover, Kind, open_handover
from silencio.settings import Augment as Settings
from silencio.training.augment import Augment
from silencio.training.augment.overheard import lay_overheard
from silencio.training.checkpoint import Checkpoint
from silencio.training.lesson import Lesson, Overheard, Rows
from silencio.training.loop import predict
from silencio.training.run import train
from silencio.training.self_training import overhear, round_of
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.training.eras import small, store_of_eras
from tests.training.untracked import untracked

ROUNDS = "self_training: {rounds: %d, power: 2, share: 0.5}"
TWO = small(ROUNDS % 2)
KILLED = """
import sys
from pathlib import Path
from tests.training.test_self_training import rounds_in

rounds_in(Path(sys.argv[1]), 2, lambda e: print(e.number, flush=True))
"""


def rounds_in(folder: Path, rounds: int, on_epoch=lambda e: None) -> Handover:  # type: ignore[no-untyped-def]
    windows = store_of_eras(folder / "windows", unlabelled=True)
    return train(small(ROUNDS % rounds), windows, Workspace(folder / "workspace"), untracked, on_epoch)


def checkpoints(folder: Path) -> dict[int, Handover]:
    """By round."""
    home = Workspace(folder / "workspace") / "models/checkpoints"
    found = [open_handover(path.parent, Kind.CHECKPOINT) for path in home.glob("*/manifest.json")]
    return {handover.facts["round"]: handover for handover in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds, undisturbed."""
    folder = tmp_path_factory.mktemp("rounds")
    rounds_in(folder, 2)
    return folder


@pytest.fixture
def lesson(folder: Path) -> Lesson:
    return Lesson.of(TWO, store_of_eras(folder / "windows"))


def windows_of(folder: Path) -> Windows:
    return store_of_eras(folder / "windows")


def test_each_round_is_a_checkpoint_that_names_its_teacher(folder: Path) -> None:
    made = checkpoints(folder)

    assert set(made) == {0, 1, 2}
    assert made[0].facts["inputs"]["teacher"] is None
    assert made[1].facts["inputs"]["teacher"] == made[0].digest
    assert made[2].facts["inputs"]["teacher"] == made[1].digest
    assert len({h.digest for h in made.values()}) == 3


def test_the_first_teacher_is_what_a_training_without_rounds_makes(folder: Path) -> None:
    plain = train(small(), windows_of(folder), Workspace(folder / "workspace"), untracked)
    assert plain == checkpoints(folder)[0]


def test_the_result_is_the_round_that_did_best_on_validation(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "silencio"):
        result = rounds_in(folder, 2)

    reached = {number: h.facts["validation_map"] for number, h in checkpoints(folder).items()}
    assert result.facts["validation_map"] == max(reached.values())
    assert f"round {result.facts['round']} is the result" in caplog.text


def test_one_more_round_goes_on_from_those_that_are_done(folder: Path) -> None:
    before, epochs = checkpoints(folder), list[int]()
    rounds_in(folder, 3, lambda e: epochs.append(e.number))

    after = checkpoints(folder)
    assert epochs == [1, 2, 3]
    assert {n: after[n] for n in before} == before
    assert after[3].facts["inputs"]["teacher"] == before[2].digest


@pytest.mark.slow
def test_killed_in_a_later_round_it_goes_on_and_ends_with_the_same_checkpoints(
    folder: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        for _ in range(4):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    epochs = list[int]()

    rounds_in(tmp_path, 2, lambda e: epochs.append(e.number))

    assert len(epochs) < 6, "three of round 0 and the first of round 1 are not done twice"
    ours, theirs = checkpoints(tmp_path), checkpoints(folder)
    assert [ours[n].digest for n in range(3)] == [theirs[n].digest for n in range(3)]


def test_pseudo_labels_are_what_the_teacher_believes_to_a_power(folder: Path, lesson: Lesson) -> None:
    teacher = Checkpoint(checkpoints(folder)[0])
    rows = lesson.windows.rows("unlabelled")

    student = overhear(lesson, teacher, TWO.training)

    said = torch.sigmoid(predict(teacher.model(), lesson.windows, rows))
    assert student.overheard is not None
    assert np.array_equal(student.overheard.rows, rows)
    assert torch.allclose(student.targets[rows], said**2)
    assert torch.allclose(student.overheard.belief, (said**2).sum(dim=1))
    labelled = lesson.windows.rows("train")
    assert torch.equal(student.targets[labelled], lesson.targets[labelled])
    assert not lesson.targets[rows].any(), "the teacher's own lesson stays as it is"


def overheard(lesson: Lesson, share: float, belief: list[float]) -> Lesson:
    """The first soundscapes, in which a cricket is half believed to call."""
    rows = lesson.windows.rows("unlabelled")[: len(belief)]
    targets = lesson.targets.clone()
    targets[rows] = torch.tensor([0.0, 0.5, 0.0])
    return replace(lesson, targets=targets, overheard=Overheard(rows, torch.tensor(belief), share))


def laid(lesson: Lesson, pictures: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    def read(rows: Rows) -> torch.Tensor:
        return torch.from_numpy(lesson.windows.features[rows].astype(np.float32))[:, None]

    return lay_overheard(pictures, targets, lesson, read, torch.Generator().manual_seed(3))


def test_a_soundscape_is_laid_half_and_half_and_who_is_in_either_is_in_both(lesson: Lesson) -> None:
    student = overheard(lesson, 1.0, [1.0])
    assert student.overheard is not None
    pictures, bird = torch.zeros(4, 1, 32, 33), torch.tensor([[1.0, 0.0, 0.0]]).repeat(4, 1)

    mixed, targets = laid(student, pictures, bird)

    heard = torch.from_numpy(student.windows.features[student.overheard.rows].astype(np.float32))
    assert torch.allclose(mixed, heard[:, None].expand_as(mixed) / 2)
    assert torch.equal(targets, torch.tensor([[1.0, 0.5, 0.0]]).repeat(4, 1))
    assert not pictures.any(), "what was read is not written into"


def test_only_a_share_is_laid_over_and_what_is_not_believed_is_not_drawn(lesson: Lesson) -> None:
    student = overheard(lesson, 0.25, [0.0, 1.0])
    assert student.overheard is not None
    pictures = torch.zeros(400, 1, 32, 33)

    mixed, targets = laid(student, pictures, torch.zeros(400, 3))

    touched = targets.any(dim=1)
    assert 60 < int(touched.sum()) < 140
    assert not mixed[~touched].any()
    second = torch.from_numpy(student.windows.features[student.overheard.rows[1:]].astype(np.float32)) / 2
    assert torch.allclose(mixed[touched], second[:, None].expand(int(touched.sum()), -1, -1, -1))


def test_equal_generators_lay_the_same_soundscapes(lesson: Lesson) -> None:
    augment = Augment(Settings(), overheard(lesson, 0.5, [1.0, 2.0, 3.0]))
    one, two = (augment(lesson.taught[:8], torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])


def test_a_round_does_not_depend_on_how_many_follow() -> None:
    assert round_of(small(ROUNDS % 3), 2) == round_of(small(ROUNDS % 2), 2)
    assert round_of(TWO, 0) == small()


def test_without_unlabelled_soundscapes_it_says_where_to_get_some_before_it_trains(tmp_path: Path) -> None:
    epochs = list[int]()
    with pytest.raises(WrongUse, match=r"rounds is 2, and none of 78 windows.*Set data\.unlabelled to true"):
        train(
            TWO,
            store_of_eras(tmp_path / "windows"),
            Workspace(tmp_path / "workspace"),
            untracked,
            lambda e: epochs.append(e.number),
        )
    assert not epochs
