"""`ensemble`"""

from pathlib import Path

import pytest

from components.ensemble import ensemble
from components.retrain import retrain
from silencio.errors import SilencioError
from silencio.handover import Handover, Kind, Receipt
from silencio.registry.runs import Runs
from silencio.steps import build
from silencio.steps.house import House
from silencio.steps.rounds import APART
from silencio.training.checkpoint import Checkpoint
from tests.components.conftest import Desk, Workshop, barred, ensemble_of


@pytest.fixture(scope="module")
def house(workshop: Workshop) -> House:
    return workshop.with_changes(model=ensemble_of(workshop.house.experiment).model)


def trained(desk: Desk, workshop: Workshop, *members: str) -> list[Handover]:
    data = {"catalog": desk.holding(workshop.catalog), "windows": desk.holding(workshop.windows)}
    made = []
    for member in members:
        checkpoint = desk.artifact(member)
        retrain.python_func(**desk.where, **data, member=member, checkpoint=checkpoint)
        made.append(Receipt.read(Path(checkpoint.path)).open(Kind.CHECKPOINT))
    return made


def joined(desk: Desk, workshop: Workshop, *members: Handover) -> Handover:
    data = {"catalog": desk.holding(workshop.catalog), "windows": desk.holding(workshop.windows)}
    checkpoint = desk.artifact("joined")
    ensemble.python_func(
        **desk.where, **data, members=[desk.holding(member) for member in members], checkpoint=checkpoint
    )
    return Receipt.read(Path(checkpoint.path)).open(Kind.CHECKPOINT)


def test_an_only_model_is_handed_on_as_it_is(desk: Desk, workshop: Workshop) -> None:
    assert joined(desk, workshop, workshop.checkpoint) == workshop.checkpoint


def test_members_come_together_in_their_own_order_and_as_the_command_joins_them(
    house: House, workshop: Workshop, tmp_path: Path
) -> None:
    desk = Desk(house, tmp_path)
    first, second = trained(desk, workshop, "cnn", "fcnn")

    together = joined(desk, workshop, second, first)

    assert [one["checkpoint"] for one in together.facts["members"]] == [first.digest, second.digest]
    assert build.train(house, workshop.windows) == together
    client = Runs(house.site, house.workspace).client
    for member in (first, second):
        tags = client.get_run(member.facts["run_id"]).data.tags
        assert tags["mlflow.parentRunId"] == together.facts["run_id"], "trained before there was an ensemble"


def test_an_ensemble_that_lacks_a_member_is_refused(house: House, workshop: Workshop, tmp_path: Path) -> None:
    desk = Desk(house, tmp_path)
    [only] = trained(desk, workshop, "cnn")
    with pytest.raises(SilencioError, match=r"member fcnn there are 0 checkpoints among the 1 handed over"):
        joined(desk, workshop, only)


@pytest.mark.slow
def test_an_ensemble_that_its_gates_refuse_is_trained_again_from_other_seeds(
    house: House, workshop: Workshop, tmp_path: Path
) -> None:
    hopeless = barred(house.experiment.evaluation, 1.0).model_copy(update={"rounds": 1})
    refused = workshop.with_changes(model=house.experiment.model, evaluation=hopeless)
    desk = Desk(refused, tmp_path)

    second_round = joined(desk, workshop, *trained(desk, workshop, "cnn", "fcnn"))

    assert Checkpoint(second_round).experiment.seed == house.experiment.seed + APART
