"""`register`"""

import shutil
from pathlib import Path

import pytest

from components.deploy_staging import deploy_staging
from components.receipts import read_gates, write_gates
from components.register import register
from silencio.evaluation.gates import GateResult
from silencio.handover import Handover, Kind
from silencio.registry.stages import Stage
from silencio.steps import build, notice, release
from tests.components.conftest import RUN, Desk, Workshop, moved

TESTED = GateResult.at_most("skew", "service", 0.0, 1e-4)


def other_bundle(workshop: Workshop) -> Handover:
    """As good, of other settings."""
    bundle = workshop.bundle

    def build_it(folder: Path) -> dict[str, object]:
        shutil.copytree(
            bundle.folder, folder, ignore=shutil.ignore_patterns("manifest.json"), dirs_exist_ok=True
        )
        (folder / "model_card.md").write_text("Of other settings.")
        return dict(bundle.facts)

    return workshop.house.workspace.produce(Kind.BUNDLE, {"other than": bundle.digest}, build_it)


def registered(desk: Desk, workshop: Workshop, bundle: Handover) -> str:
    """By the component; the version's number."""
    gates = desk.artifact("gates")
    write_gates([TESTED], gates)
    given = {"bundle": desk.holding(bundle), "image": desk.holding(workshop.image), "gates": gates}
    return str(register.python_func(**desk.noting, **given))


def test_a_bundle_is_registered_once_and_stands_on_staging_on_all_its_gates(
    release_desk: Desk, workshop: Workshop
) -> None:
    house = release_desk.house
    notice.begin(house, RUN)

    number = registered(release_desk, workshop, workshop.bundle)
    assert registered(release_desk, workshop, workshop.bundle) == number

    [version] = house.registry.versions()
    assert (version.number, version.stage) == (number, Stage.STAGING)
    [entry] = house.record.verify()
    judged = [GateResult.from_json(gate) for gate in entry.move["gates"]]
    assert judged[-1] == TESTED
    assert [gate.to_json() for gate in judged[:-1]] == workshop.bundle.facts["gates"]
    told = notice.tell(house, RUN, notice.Ended("SUCCEEDED"))
    assert told.version == number
    assert told.links["report"].endswith("report/report.html")


def test_the_version_says_what_it_is_packaged_in(release_desk: Desk, workshop: Workshop) -> None:
    house = release_desk.house
    number = registered(release_desk, workshop, workshop.bundle)
    packaged = house.registry.get(number)
    assert packaged.tag("sbom") == workshop.image.facts["sbom"]
    assert packaged.tag("image") == "", "none was built"

    house.registry.note_image(packaged, "sha256:1", "sha256:2")
    house.registry.note_image(house.registry.get(number), None, "sha256:3")
    built = house.registry.get(number)
    assert (built.tag("image"), built.tag("sbom")) == ("sha256:1", "sha256:2"), (
        "it stays what it was built as"
    )


def test_settings_of_before_bring_their_version_back_to_staging(
    release_desk: Desk, workshop: Workshop
) -> None:
    house, other = release_desk.house, other_bundle(workshop)
    first = registered(release_desk, workshop, workshop.bundle)
    second = registered(release_desk, workshop, other)
    assert house.registry.get(first).stage is Stage.ARCHIVED

    assert registered(release_desk, workshop, workshop.bundle) == first

    stages = {number: house.registry.get(number).stage for number in (first, second)}
    assert stages == {first: Stage.STAGING, second: Stage.ARCHIVED}
    back = [entry.move for entry in house.record.verify() if entry.move["version"] == first][-1]
    assert (back["before"], back["stage"], back["decision"]) == ("archived", "staging", "pass")
    assert back["reason"].endswith("; asked for again: version 2 took its place")
    assert GateResult.from_json(back["gates"][-1]) == TESTED


@pytest.mark.parametrize("stage", [Stage.STAGING, Stage.CANARY])
def test_what_was_rolled_back_does_not_come_back_and_the_run_is_stopped_for_it(
    release_desk: Desk, workshop: Workshop, stage: Stage
) -> None:
    house = release_desk.house
    number = registered(release_desk, workshop, workshop.bundle)
    if stage is Stage.CANARY:
        moved(house, house.registry.get(number), stage, workshop)
    release.roll_back(house, house.registry.get(number), (), "deaf to owls")

    assert registered(release_desk, workshop, workshop.bundle) == number

    assert house.registry.get(number).stage is Stage.ARCHIVED
    gates, catalog = release_desk.artifact("gates"), release_desk.holding(workshop.catalog)
    said = deploy_staging.python_func(**release_desk.noting, version=number, catalog=catalog, gates=gates)
    assert said == "fail"
    [why] = read_gates(gates)
    assert why.reason.startswith(f"It was taken from {stage} at ")
    assert why.reason.endswith("deaf to owls. It does not come back by itself: change settings or data.")


def test_one_whose_place_is_taken_before_it_is_tried_is_no_success(
    release_desk: Desk, workshop: Workshop
) -> None:
    house, other = release_desk.house, other_bundle(workshop)
    first = registered(release_desk, workshop, workshop.bundle)
    registered(release_desk, workshop, other)
    trial = release.try_staging(house, house.registry.get(first), build.unseen_recordings(workshop.catalog))
    assert trial.verdict == "inconclusive"
    assert trial.results[0].reason.endswith("version 2 took its place. Run again.")
