"""`champion`"""

from dataclasses import replace

from components.champion import champion
from silencio.handover import Kind, Receipt
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.steps import build
from tests.components.conftest import Desk, Workshop, moved


def test_before_the_first_promotion_there_is_none(release_desk: Desk, workshop: Workshop) -> None:
    checkpoint = release_desk.holding(workshop.checkpoint)
    assert champion.python_func(**release_desk.noting, checkpoint=checkpoint) == ""


def test_what_serves_production_is_what_a_candidate_is_compared_with(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    house = release_desk.house
    for stage in (Stage.CANARY, Stage.PRODUCTION):
        moved(house, staged, stage, workshop)
    otherwise = house.experiment.model_copy(update={"seed": 99})
    other = build.train(replace(house, experiment=otherwise), workshop.windows)

    found = champion.python_func(**release_desk.noting, checkpoint=release_desk.holding(other))

    assert Receipt.from_text(found).open(Kind.BUNDLE).digest == staged.bundle_digest
    own = release_desk.holding(workshop.checkpoint)
    assert champion.python_func(**release_desk.noting, checkpoint=own) == "", "it is no rival to itself"
