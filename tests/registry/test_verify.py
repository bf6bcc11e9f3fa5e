import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from silencio.registry.chain import Kind
from silencio.registry.copies import NOTE
from silencio.registry.stages import Stage
from silencio.registry.verify import verify
from silencio.registry.versions import STAGE, Version
from silencio.workspace import Workspace
from tests.registry.bundles import Shelf
from tests.registry.looked import faults, repaired
from tests.registry.mortal import go, up_to_production


@pytest.fixture
def staged(shelf: Shelf) -> Version:
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    return shelf.registry.get(version.number)


def cut(shelf: Shelf, lines: int) -> None:
    """Leave only so many of the record's first lines."""
    kept = shelf.record.content().splitlines(keepends=True)[:lines]
    shelf.record.path.write_bytes(b"".join(kept))


def artifacts(shelf: Shelf, version: Version, place: str) -> Path:
    uri = shelf.runs.client.get_run(version.run_id).info.artifact_uri
    return Path(urlsplit(uri).path) / place


def test_a_chain_leads_from_what_is_in_production_to_its_data(shelf: Shelf) -> None:
    version, bundle = up_to_production(shelf)
    found = verify(shelf.registry, shelf.record, Workspace(shelf.folder), {Stage.PRODUCTION: bundle.digest})
    assert found.faults == ()
    links = dict(found.links)
    assert links["production"] == f"version 1 of {version.model}"
    assert (links["approved by"], links["gates"]) == ("Rosa", "1 of 1 passed")
    assert (links["bundle"], links["run"]) == (bundle.digest, version.run_id)
    assert links["data"].startswith("c" * 64)


def test_an_image_that_was_named_by_hand_is_found(shelf: Shelf, staged: Version) -> None:
    shelf.registry.note_image(staged, "sha256:other", "sha256:list")
    [said] = faults(shelf)
    assert said.startswith("Version 1 is registered with the image sha256:other; it was promoted with none.")


def test_a_registry_that_nobody_used_is_sound(shelf: Shelf) -> None:
    assert faults(shelf) == []
    shelf.version()
    assert faults(shelf) == []


@pytest.mark.parametrize("kept", [0, 3])
def test_a_record_whose_end_was_cut_off_is_found_and_brought_back(shelf: Shelf, kept: int) -> None:
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    go(shelf, version, Stage.ARCHIVED)
    whole = shelf.record.content()
    cut(shelf, kept)
    assert any(f"ends with line {kept}, and the registry knows of line 4" in said for said in faults(shelf))
    assert repaired(shelf) == [f"{shelf.record.path} ended too early: the registry's copy takes its place."]
    assert shelf.record.content() == whole
    assert faults(shelf) == []


def test_a_record_that_was_written_anew_from_the_beginning_is_found(shelf: Shelf, staged: Version) -> None:
    whole, lines = shelf.record.content(), shelf.record.lines()
    shelf.record.path.write_bytes(b"")
    head = "0" * 64
    for line in lines:
        body = line.body
        if line.kind is Kind.INTENT:
            body = {"moves": [{**line.moves[0], "approved_by": "somebody else"}]}
        head = shelf.record.append(line.kind, body, after=head).hash
    assert shelf.record.faults() == []
    assert any(
        "is not the one that the registry knows: the record was written anew" in f for f in faults(shelf)
    )
    [said] = repaired(shelf)
    assert "the registry's copy takes its place; what was here is kept as" in said
    assert shelf.record.content() == whole


def test_a_changed_record_is_found_and_its_copy_brought_back(shelf: Shelf, staged: Version) -> None:
    whole = shelf.record.content()
    shelf.record.path.write_bytes(whole.replace(b"Rosa", b"Hugo"))
    [said] = faults(shelf)
    assert "Line 1 of" in said
    assert "was changed after it was written" in said
    repaired(shelf)
    assert shelf.record.content() == whole
    assert faults(shelf) == []


def test_a_copy_that_is_gone_is_found_and_sent_again(shelf: Shelf, staged: Version) -> None:
    shutil.rmtree(artifacts(shelf, staged, staged.home.place))
    [said] = faults(shelf)
    assert "The registry's copy of the record" in said
    assert repaired(shelf) == [f"The registry has a copy of all 2 lines of {shelf.record.path} again."]
    assert faults(shelf) == []


def test_a_note_that_was_taken_away_is_found(shelf: Shelf, staged: Version) -> None:
    shelf.runs.client.delete_registered_model_tag(staged.model, NOTE)
    [said] = faults(shelf)
    assert "The registry has no note of" in said
    repaired(shelf)
    assert faults(shelf) == []


def test_an_alias_that_was_moved_by_hand_is_found_and_put_back(shelf: Shelf, staged: Version) -> None:
    other, _ = shelf.version()
    shelf.runs.client.set_registered_model_alias(staged.model, "staging", other.number)
    [said] = faults(shelf)
    assert f"The alias staging of {staged.model} is version 2; by the record it is version 1" in said
    repaired(shelf)
    assert faults(shelf) == []
    assert shelf.registry.at(Stage.STAGING) == staged


def test_an_alias_that_was_set_or_deleted_by_hand_is_found(shelf: Shelf, staged: Version) -> None:
    shelf.runs.client.set_registered_model_alias(staged.model, "production", staged.number)
    shelf.runs.client.delete_registered_model_alias(staged.model, "staging")
    said = "\n".join(faults(shelf))
    assert "production of" in said
    assert "is version 1; by the record it is nobody's" in said
    assert "is nobody's; by the record it is version 1" in said
    repaired(shelf)
    assert faults(shelf) == []


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_tag_or_a_classic_stage_that_was_changed_by_hand_is_found(shelf: Shelf, staged: Version) -> None:
    shelf.runs.client.set_model_version_tag(staged.model, staged.number, STAGE, "canary")
    shelf.runs.client.transition_model_version_stage(staged.model, staged.number, "Production")
    said = "\n".join(faults(shelf))
    assert "Version 1 is tagged canary; by the record it is at staging" in said
    assert "Version 1 is at MLflow's own stage Production; at staging it should be at Staging" in said
    repaired(shelf)
    assert faults(shelf) == []


def test_a_version_that_was_deleted_by_hand_is_missed(shelf: Shelf, staged: Version) -> None:
    shelf.runs.client.delete_model_version(staged.model, staged.number)
    assert any("Version 1, by the record at staging, is not in" in said for said in faults(shelf))


def test_a_bundle_that_was_changed_in_mlflow_is_found(shelf: Shelf, staged: Version) -> None:
    place = artifacts(shelf, staged, staged.source.rpartition("/")[2])
    (place / "thresholds.json").write_text("{}")
    [said] = faults(shelf)
    assert "The bundle of version 1 in MLflow is damaged" in said
    assert "thresholds.json was changed" in said


@pytest.mark.parametrize(("tag", "word"), [("silencio.catalog", "data"), ("silencio.commit", "commit")])
def test_a_version_that_names_other_data_or_code_is_found(
    shelf: Shelf, staged: Version, tag: str, word: str
) -> None:
    shelf.runs.client.set_model_version_tag(staged.model, staged.number, tag, "d" * 64)
    [said] = faults(shelf)
    assert f"Version 1 is registered with the {word} dddddddddddd" in said


def test_a_run_that_was_deleted_is_missed(shelf: Shelf, staged: Version) -> None:
    shelf.runs.client.delete_run(staged.run_id)
    assert any(
        f"The run {staged.run_id}, which trained version 1, is not in MLflow" in s for s in faults(shelf)
    )


def test_a_service_that_runs_another_bundle_is_found(shelf: Shelf, staged: Version) -> None:
    assert faults(shelf, {Stage.STAGING: staged.bundle_digest}) == []
    [said] = faults(shelf, {Stage.STAGING: "e" * 64})
    assert (
        "The service of staging runs the bundle eeeeeeeeeeee; by the registry it should run version 1" in said
    )
