"""The second round of the demo: what watching started, what it came to, and that it is done once."""

import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from pipelines.demo.ending import DRIFTED, RELEASED
from pipelines.demo.guide import ASKED_OF_EACH, SAID_OF_EACH
from silencio.handover import Kind
from silencio.monitoring.reasons import Why
from silencio.registry.stages import Stage
from silencio.steps import build
from silencio.steps.inside import memory_of
from tests.conftest import REVIEWER, Walked, silencio

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def twice(walked: Walked) -> str:
    """The demo goes on: its second round."""
    done = silencio("demo", "tiny", "--approved-by", REVIEWER, workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_goes_on_where_it_stopped(walked: Walked, twice: str) -> None:
    assert "From recordings to a version on staging" not in twice
    assert "Version 2 was rolled back before." in twice
    assert f"she spoke about her {4 * SAID_OF_EACH} recordings before" in twice
    assert len(walked.house.feedback.spoken_about()) == 4 * SAID_OF_EACH


def test_the_trigger_starts_one_training_and_remembers_why(walked: Walked, twice: str) -> None:
    training = memory_of(walked.house).trainings()[-1]
    assert {reason.why for reason in training.reasons} >= {Why.FEEDBACK, Why.DRIFT}
    assert (training.attempts, training.exit_code) == (1, 0)
    for reason in training.reasons:
        assert reason.sentence in twice


def test_the_second_version_begins_with_the_first_and_learns_from_the_guide(
    walked: Walked, twice: str
) -> None:
    house = walked.house
    first, second = (house.registry.fetch(house.registry.get(n)).facts for n in ("1", "3"))
    made = house.workspace.find(Kind.CHECKPOINT, second["checkpoint"])
    assert made is not None
    assert made.facts["inputs"]["ancestor"] == first["checkpoint"]
    assert made.facts["epochs"] == house.experiment.training.warm_epochs
    assert second["catalog"] == build.ingest(house).digest
    assert second["champion"] == house.registry.get("1").bundle_digest


def test_the_second_version_serves_approved_and_compared(walked: Walked, twice: str) -> None:
    promoted = walked.house.registry.at(Stage.PRODUCTION)
    assert promoted is not None
    assert promoted.number == "3"
    moves = {entry.move["version"]: entry.move for entry in walked.house.record.verify()}
    last = moves["3"]
    assert (last["stage"], last["approved_by"]) == ("production", REVIEWER)
    assert moves["1"]["stage"] == "archived"
    model = httpx.get(f"{walked.house.tracks.gateway_address()}/v1/model", timeout=30).json()
    assert model["digest"] == promoted.bundle_digest


def test_the_demo_prints_what_the_command_says_of_the_difference(walked: Walked, twice: str) -> None:
    said = silencio("registry", "diff", "1", "3", "tiny", workspace=walked.house.workspace.root).stdout
    assert said.splitlines()[0].split("\t") == ["of", "what", "version 1", "version 3", "change"]
    assert said in twice
    assert "settings\t" not in said, "the data alone made the difference"


def test_what_was_gained_is_measured_on_what_both_services_said(walked: Walked, twice: str) -> None:
    told = [line.split("\t") for line in twice.splitlines()]
    assert [line[1] for line in told if line[0] == DRIFTED] == ["mAP", "accuracy"]
    assert [line[1] for line in told if line[0] == RELEASED] == ["mAP"]
    kept = list((walked.house.workspace / "reports/demo").glob("*-heard-by-*.json"))
    assert len(kept) == 2
    for file in kept:
        assert len(json.loads(file.read_text())) == 4 * ASKED_OF_EACH


def test_the_page_at_the_end_links_what_there_is(walked: Walked, twice: str) -> None:
    page = walked.house.workspace / "reports/demo" / "index.html"
    assert str(page) in twice
    linked = [unquote(one) for one in re.findall(r'href="(\.\./[^"]+)"', page.read_text())]
    assert len(linked) >= 5
    for one in linked:
        assert (page.parent / one).exists(), one


def test_then_there_is_nothing_new_and_a_workflow_trains_nothing(
    walked: Walked, twice: str, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs"
    asked = ("watch", "tiny", "--act", "--wait", "--outputs", str(outputs))
    done = silencio(*asked, workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("nothing new: the champion stays")
    assert outputs.read_text() == "retrain=false\ntrained=false\n"


def test_a_workflow_that_waits_for_its_training_ends_as_that_ends(
    walked: Walked, twice: str, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs"
    training = f"monitoring.act=[{sys.executable}, -c, raise SystemExit(1)]"
    changed = ("--set", "training.epochs=5", "--set", training)
    asked = ("watch", "tiny", "--act", "--wait", "--outputs", str(outputs), *changed)
    done = silencio(*asked, workspace=walked.house.workspace.root)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Settings that shape the model changed: training." in done.stdout
    assert outputs.read_text() == "retrain=true\ntrained=true\n"


def test_walked_again_nothing_is_trained_and_it_says_so(walked: Walked, twice: str) -> None:
    versions = len(walked.house.registry.versions())
    done = silencio("demo", "tiny", "--approved-by", REVIEWER, workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing new: the champion stays" in done.stdout
    assert "retrain" not in [
        line.split()[1] for line in done.stdout.splitlines() if line.startswith("  \u2713")
    ]
    assert len(walked.house.registry.versions()) == versions
