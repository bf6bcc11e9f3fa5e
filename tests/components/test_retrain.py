"""`retrain`"""

from pathlib import Path

from components.retrain import retrain
from silencio.handover import Handover, Kind, Receipt
from silencio.steps.rounds import APART
from silencio.training.checkpoint import Checkpoint
from tests.components.conftest import Desk, Workshop, barred, ensemble_of


def retrained(desk: Desk, workshop: Workshop, member: str) -> Handover:
    checkpoint = desk.artifact(f"checkpoint-{member}")
    data = {"catalog": desk.holding(workshop.catalog), "windows": desk.holding(workshop.windows)}
    retrain.python_func(**desk.where, **data, member=member, checkpoint=checkpoint)
    made = Receipt.read(Path(checkpoint.path)).open(Kind.CHECKPOINT)
    assert checkpoint.metadata["digest"] == made.digest
    assert checkpoint.metadata["said"].startswith(f"{member}: ")
    return made


def test_a_single_model_is_the_one_that_the_command_trains(desk: Desk, workshop: Workshop) -> None:
    assert retrained(desk, workshop, "cnn") == workshop.checkpoint


def test_a_member_is_trained_by_itself(desk: Desk, workshop: Workshop) -> None:
    experiment = ensemble_of(workshop.house.experiment)
    told = Desk(workshop.with_changes(model=experiment.model), desk.folder)
    member = Checkpoint(retrained(told, workshop, "fcnn")).experiment
    assert (member.model.architecture, member.seed) == ("fcnn", experiment.seed + 1)


def test_a_single_model_that_its_gates_refuse_is_trained_again_as_often_as_was_asked(
    desk: Desk, workshop: Workshop
) -> None:
    experiment = workshop.house.experiment
    hopeless = barred(experiment.evaluation, 1.0).model_copy(update={"rounds": 1})
    told = Desk(workshop.with_changes(evaluation=hopeless), desk.folder)
    assert Checkpoint(retrained(told, workshop, "cnn")).experiment.seed == experiment.seed + APART
