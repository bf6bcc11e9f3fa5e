"""The whole loop, on the tiny reserve, with every part real."""

from pathlib import Path

import httpx
import pytest

from silencio.data.catalog import Catalog
from silencio.evaluation.gates import Verdict
from silencio.evaluation.report import read_report
from silencio.handover import Kind, open_handover
from silencio.optimize.rows import Table
from silencio.registry.stages import Stage
from silencio.release.router import Track
from silencio.settings import GateRule
from silencio.steps import build
from tests.conftest import REVIEWER, Walked, silencio


def test_a_model_walks_all_the_way_to_production(walked: Walked) -> None:
    promoted = walked.house.registry.at(Stage.PRODUCTION)
    assert promoted is not None
    assert promoted.number == "1"
    assert promoted.stage is Stage.PRODUCTION
    assert walked.house.tracks.weights() == {Track.PRODUCTION: 100}


def test_the_demo_says_what_was_decided_and_where_to_look(walked: Walked) -> None:
    bundle = walked.house.registry.fetch(walked.house.registry.get("1"))
    for said in ("silencio-tiny version 1", REVIEWER, "report.html", walked.house.tracks.gateway_address()):
        assert said in walked.printed
    assert (bundle.folder / "report/report.html").exists()


def test_the_gateway_answers_with_the_promoted_bundle(walked: Walked) -> None:
    promoted = walked.house.registry.get("1")
    address = walked.house.tracks.gateway_address()
    model = httpx.get(f"{address}/v1/model", timeout=30).json()
    assert model["digest"] == promoted.bundle_digest


def test_a_bad_candidate_is_rolled_back_and_the_champion_serves_on(walked: Walked) -> None:
    bad = walked.house.registry.get("2")
    assert bad.stage is Stage.ARCHIVED
    assert walked.house.registry.at(Stage.CANARY) is None
    last = walked.house.record.verify()[-1].move
    assert (last["version"], last["stage"]) == ("2", "archived")
    assert "agreement with champion" in last["reason"]


def test_the_record_tells_every_move_and_who_approved(walked: Walked) -> None:
    moves = [entry.move for entry in walked.house.record.verify()]
    assert [(m["version"], m["stage"]) for m in moves] == [
        ("1", "staging"),
        ("1", "canary"),
        ("1", "production"),
        ("2", "staging"),
        ("2", "canary"),
        ("2", "archived"),
    ]
    assert [m["approved_by"] for m in moves if m["stage"] == "production"] == [REVIEWER]


def test_the_record_leads_from_the_served_model_back_to_the_data(walked: Walked) -> None:
    house = walked.house
    production = next(e.move for e in house.record.verify() if e.move["stage"] == "production")
    catalog = build.ingest(house, with_feedback=False)
    assert production["data"] == catalog.digest
    assert production["bundle"] == house.registry.get("1").bundle_digest
    assert production["run"] == house.registry.get("1").run_id


def test_a_correction_is_a_row_of_the_next_catalog(walked: Walked) -> None:
    before = Catalog.open(build.ingest(walked.house, with_feedback=False)).recordings
    after = Catalog.open(build.ingest(walked.house)).recordings
    new = after.filter(~after["id"].is_in(before["id"].implode()))
    assert new["origin"].to_list() == ["feedback"]
    assert new["part"].to_list() == ["train"]


def test_the_correction_is_a_reason_to_train_again(walked: Walked) -> None:
    done = silencio("watch", "tiny", workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("retrain:")
    assert "Recordings that guides corrected since the champion learned: 1." in done.stdout


def test_every_hand_over_is_whole(walked: Walked) -> None:
    for kind in Kind:
        folders = [path.parent for path in (walked.house.workspace / kind).glob("*/manifest.json")]
        assert folders, f"no {kind.noun} was handed over"
        for folder in folders:
            open_handover(folder, kind).verify()


def test_the_report_in_the_bundle_is_of_the_variant_that_is_served(walked: Walked) -> None:
    bundle = walked.house.registry.fetch(walked.house.registry.get("1"))
    report = read_report(bundle.folder / "report")
    assert report.identity["variant"] == bundle.facts["variant"]
    slices = {figure.slice for figure in report.result.figures}
    assert slices >= {"overall", "night", "low_snr", "insects", "overlaps"}
    assert [row.variant for row in Table.read(bundle.folder).rows] == ["fp32", "inc_static", "ort_static"]


def test_a_candidate_is_compared_with_the_champion_slice_by_slice(walked: Walked) -> None:
    house = walked.house
    catalog = build.ingest(house, with_feedback=False)
    windows = build.features(house, catalog)
    checkpoint = build.train(house, windows)
    served = house.registry.fetch(house.registry.get("1"))
    report = read_report(build.evaluate(house, catalog, windows, checkpoint, served.handover).folder)
    assert report.result.has_champion
    assert report.identity["champion"] == served.digest
    figure = report.result.figure("night")
    assert figure.champion is not None
    assert figure.difference is not None
    judged = {(gate.name, gate.slice) for gate in report.result.gates}
    assert {
        ("map against champion", "overall"),
        ("map not worse", "night"),
        ("map not worse", "insects"),
    } <= judged


@pytest.mark.slow
def test_the_champion_is_retrained_and_what_that_gained_and_lost_is_said(walked: Walked) -> None:
    done = silencio("retrain", "tiny", "--set", "training.epochs=1", workspace=walked.house.workspace.root)

    assert done.returncode == 0, done.stderr
    table = [line.split("\t") for line in done.stdout.splitlines()]
    assert ["era", "mAP before", "mAP after", "gain", "95 % interval", "recordings"] in table
    assert {line[0] for line in table} >= {"older", "newer"}
    assert Path(table[-1][0]).read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def again(walked: Walked) -> str:
    """The demo once more, where everything is done."""
    done = silencio("demo", "tiny", "--approved-by", REVIEWER, workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_walked_again_what_did_not_change_is_cached_and_says_so(again: str) -> None:
    cached = [line.split()[1] for line in again.splitlines() if " cached " in line]
    assert cached == ["ingest", "features", "retrain", "evaluate", "optimize", "integration-test", "package"]
    assert "in production already" in again


def test_a_gate_that_says_no_ends_the_run_and_registers_nothing(walked: Walked, tmp_path: Path) -> None:
    house = walked.house
    before = len(house.registry.versions()), len(house.record.verify())
    strict = house.experiment.model_copy(
        update={
            "evaluation": house.experiment.evaluation.model_copy(
                update={"gates": (GateRule(at_least=0.999),)}
            )
        }
    )
    file = tmp_path / "strict.yaml"
    file.write_text(strict.to_yaml())

    done = silencio("pipeline", "run", str(file), "--no-feedback", workspace=house.workspace.root)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "Stopped: offline evaluation said fail. The report below" in done.stderr
    assert (len(house.registry.versions()), len(house.record.verify())) == before


@pytest.mark.slow
def test_the_next_run_learns_from_the_correction_and_meets_the_champion(walked: Walked, again: str) -> None:
    house = walked.house
    before = len(house.registry.versions())
    done = silencio("pipeline", "run", "tiny", workspace=house.workspace.root)
    newest = max((house.workspace / Kind.REPORT).glob("*/report.json"), key=lambda path: path.stat().st_mtime)
    report = read_report(newest.parent)

    assert report.identity["catalog"] == build.ingest(house).digest
    assert report.identity["champion"] == house.registry.get("1").bundle_digest
    assert report.result.has_champion
    # So small a model may be worse than the champion or not: what counts is that the gates decide.
    passed = report.result.decision is Verdict.PASS
    assert done.returncode == (0 if passed else 1), done.stdout + done.stderr
    assert len(house.registry.versions()) == before + passed
