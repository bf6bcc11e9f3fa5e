from silencio.optimize.bundle import Bundle
from silencio.registry.chain import Kind
from silencio.registry.prune import judge, prune
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.workspace import Workspace
from tests.bundles import TONES, make_bundle
from tests.registry.bundles import Shelf
from tests.registry.looked import faults
from tests.registry.mortal import go


def rejected(shelf: Shelf) -> Version:
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    go(shelf, version, Stage.ARCHIVED)
    return version


def promoted(shelf: Shelf, bundle: Bundle) -> Version:
    version = shelf.registry.register(bundle)
    for stage in (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION):
        go(shelf, version, stage)
    return version


def compared_with(shelf: Shelf, champion: Bundle) -> Bundle:
    facts = {**shelf.bundle().facts, "champion": champion.digest}
    tones = {code: hertz + 50 for code, hertz in TONES.items()}
    return make_bundle(shelf.folder / "challenger", tones, facts=facts)


def needs(shelf: Shelf, keep: int = 3, serving: dict[Stage, str] | None = None) -> dict[str, str]:
    judged = judge(shelf.registry, shelf.record, Workspace(shelf.folder), keep, serving or {})
    return {each.version.number: each.needed_for for each in judged}


def numbers(shelf: Shelf) -> list[str]:
    return [version.number for version in shelf.registry.versions()]


def test_what_a_stage_a_rollback_or_a_comparison_needs_stays(shelf: Shelf) -> None:
    first = shelf.bundle()
    promoted(shelf, first)
    promoted(shelf, compared_with(shelf, first))
    rejected(shelf)
    shelf.version()
    assert needs(shelf) == {
        "1": "a rollback may bring it back",
        "2": "it is at production",
        "3": "",
        "4": "it was registered last",
    }
    assert needs(shelf, keep=0)["1"] == "version 2 was compared with it"


def test_what_a_service_runs_stays(shelf: Shelf) -> None:
    version = rejected(shelf)
    shelf.version()
    assert needs(shelf)["1"] == ""
    assert needs(shelf, serving={Stage.CANARY: version.bundle_digest})["1"] == "the service of canary runs it"


def test_what_nobody_needs_goes_with_its_bundle_and_the_record_says_so(shelf: Shelf) -> None:
    version = rejected(shelf)
    shelf.version()
    workspace = Workspace(shelf.folder)
    [gone] = prune(shelf.registry, shelf.record, workspace, 3, {})
    assert gone.version.number == "1"
    assert numbers(shelf) == ["2"]
    place = version.source.rpartition("/")[2]
    assert shelf.runs.client.list_artifacts(version.run_id, place) == []
    line = shelf.record.lines()[-1]
    assert (line.kind, [v["number"] for v in line.body["versions"]]) == (Kind.PRUNED, ["1"])
    assert faults(shelf) == []


def test_a_prune_goes_on_where_a_killed_one_stopped(shelf: Shelf) -> None:
    rejected(shelf)
    version, _ = shelf.version()
    head = shelf.record.lines()[-1].hash
    body = {"model": version.model, "versions": [{"number": "1", "bundle": "b"}], "why": "a test"}
    line = shelf.record.append(Kind.PRUNED, body, after=head)
    shelf.registry.copies.keep(shelf.record, line, [version.home])
    assert any("Version 1 was to be taken out of the registry" in said for said in faults(shelf))
    prune(shelf.registry, shelf.record, Workspace(shelf.folder), 3, {})
    assert numbers(shelf) == ["2"]
    assert [line.kind for line in shelf.record.lines()].count(Kind.PRUNED) == 1
    assert faults(shelf) == []
