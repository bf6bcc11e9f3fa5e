import pytest
from typer.testing import CliRunner, Result

from silencio.cli import app
from silencio.errors import GateRefused
from silencio.registry.record import PromotionRecord
from silencio.registry.runs import Runs
from silencio.registry.stages import Stage
from silencio.registry.versions import Registry
from silencio.release.promote import promote
from silencio.settings import Site
from silencio.workspace import Workspace
from tests.registry.bundles import Shelf
from tests.registry.mortal import GOOD, up_to_production


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Of the preset `tiny`: version 1 in production, version 2 on staging."""
    workspace, site = Workspace(tmp_path_factory.mktemp("commands")), Site()
    record = PromotionRecord.of_experiment(workspace / "records", "tiny")
    shelf = Shelf(Registry(site, workspace, "tiny"), record, Runs(site, workspace), workspace.root)
    up_to_production(shelf)
    version, bundle = shelf.version()
    shelf.registry.note_image(version, "sha256:1ma9e", "sha256:1157")
    promote(
        shelf.registry,
        shelf.record,
        version,
        Stage.STAGING,
        bundle=bundle,
        gates=(GOOD,),
        reason="a test",
        image="sha256:1ma9e",
    )
    return shelf


def asked(shelf: Shelf, *words: str) -> Result:
    return CliRunner().invoke(app, ["registry", *words, "tiny", "--workspace", str(shelf.folder)])


def rows(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    return [line.split("\t") for line in result.stdout.splitlines()]


def test_a_list_says_where_each_version_stands_and_who_approved(tiny: Shelf) -> None:
    heading, *versions = rows(asked(tiny, "list"))
    told = [dict(zip(heading, version, strict=True)) for version in versions]
    assert [(v["version"], v["stage"], v["approved by"]) for v in told] == [
        ("1", "production", "Rosa"),
        ("2", "staging", ""),
    ]
    assert [(v["architecture"], v["variant"], v["mAP"]) for v in told] == [("tones", "fp32", "0.7000")] * 2


def test_a_history_tells_every_move(tiny: Shelf) -> None:
    heading, *moves = rows(asked(tiny, "history"))
    told = [dict(zip(heading, move, strict=True)) for move in moves]
    assert [(m["version"], m["from"], m["to"]) for m in told] == [
        ("1", "candidate", "staging"),
        ("1", "staging", "canary"),
        ("1", "canary", "production"),
        ("2", "candidate", "staging"),
    ]


def test_a_version_is_shown_with_its_moves(tiny: Shelf) -> None:
    told = rows(asked(tiny, "show", "production"))
    assert told[0][1] == "1 of silencio-tiny, at production"
    assert [said.partition(" to ")[2] for word, said in told if word == "moved"][-1] == (
        "production, approved by Rosa: a test"
    )


def test_a_version_is_shown_with_its_image_and_what_is_in_it_if_it_has_one(tiny: Shelf) -> None:
    packaged, never = (dict(rows(asked(tiny, "show", stage))) for stage in ("staging", "production"))
    assert (packaged["image"], packaged["sbom"]) == ("sha256:1ma9e", "sha256:1157")
    assert not {"image", "sbom"} & set(never)


def test_two_versions_are_compared_by_the_stages_they_are_at(tiny: Shelf) -> None:
    heading, *told = rows(asked(tiny, "diff", "production", "staging"))
    assert heading == ["of", "what", "version 1", "version 2", "change"]
    assert ["figures", "map", "0.7", "0.7", "+0"] in told


def test_pruning_first_says_what_it_would_do(tiny: Shelf) -> None:
    said = asked(tiny, "prune", "--dry-run").stdout
    assert "1\tproduction\tstays\tit is at production" in said
    assert "0 versions would go" in said


def test_a_verification_ends_with_1_where_something_is_amiss_and_0_once_it_is_repaired(tiny: Shelf) -> None:
    assert rows(asked(tiny, "verify"))[0] == ["production", "version 1 of silencio-tiny"]
    tiny.runs.client.set_registered_model_alias(tiny.registry.model, "production", "2")
    refused = asked(tiny, "verify")
    assert isinstance(refused.exception, GateRefused)
    assert "by the record it is version 1: it was moved by hand" in refused.stdout
    assert "Version 1 is put back to production" in asked(tiny, "repair").stdout
    assert asked(tiny, "verify").exit_code == 0
    assert asked(tiny, "repair").stdout == "There is nothing to repair.\n"
