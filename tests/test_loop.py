"""The whole loop, on the tiny reserve, with every part real."""

from pathlib import Path

import httpx
import pytest

from pipelines.demo.guide import ASKED_OF_EACH, GUIDE, SAID_OF_EACH
from silencio.data.catalog import Catalog
from silencio.evaluation.report import read_report
from silencio.handover import Kind, open_handover
from silencio.identity import digest_of_file
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


def test_corrections_are_rows_of_the_next_catalog_and_never_judge(walked: Walked) -> None:
    before = Catalog.open(build.ingest(walked.house, with_feedback=False)).recordings
    after = Catalog.open(build.ingest(walked.house)).recordings
    new = after.filter(~after["id"].is_in(before["id"].implode()))
    assert len(new) == 4 * SAID_OF_EACH
    assert set(new["origin"]) == {"feedback"}
    assert set(new["part"]) == {"train"}
    assert set(new["recordist"]) == {GUIDE}


def test_what_is_asked_before_and_after_is_kept_by_nobody(walked: Walked) -> None:
    raw = walked.house.workspace / "raw"
    asked = {digest_of_file(path) for path in raw.glob("walks-*/**/ASKED*.ogg")}
    assert len(asked) == 4 * ASKED_OF_EACH
    assert asked.isdisjoint(path.stem for path in (raw / "feedback/audio").iterdir())


def test_the_corrections_are_a_reason_to_train_again(walked: Walked) -> None:
    done = silencio("watch", "tiny", workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("retrain:")
    assert f"Recordings that guides corrected since the champion learned: {4 * SAID_OF_EACH}." in done.stdout


def test_once_her_walks_are_over_the_demo_sees_that_they_sound_otherwise(walked: Walked) -> None:
    assert " sound otherwise, by up to " in walked.printed


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
    assert ("map against champion", "overall") in {(gate.name, gate.slice) for gate in report.result.gates}


@pytest.mark.slow
def test_the_champion_is_retrained_and_what_that_gained_and_lost_is_said(walked: Walked) -> None:
    done = silencio("retrain", "tiny", "--set", "training.epochs=1", workspace=walked.house.workspace.root)

    assert done.returncode == 0, done.stderr
    table = [line.split("\t") for line in done.stdout.splitlines()]
    assert ["era", "mAP before", "mAP after", "gain", "95 % interval", "recordings"] in table
    assert {line[0] for line in table} >= {"older", "newer"}
    assert Path(table[-1][0]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
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
    assert "Stopped: offline evaluation said fail: map absolute on overall: 0." in done.stderr
    assert "is below 0.999. The report below" in done.stderr
    assert (len(house.registry.versions()), len(house.record.verify())) == before
