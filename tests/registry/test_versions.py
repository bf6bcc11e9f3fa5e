import pytest

from silencio.errors import SilencioError
from silencio.registry.stages import Stage
from tests.registry.bundles import Shelf


def test_a_bundle_is_registered_once(shelf: Shelf) -> None:
    bundle = shelf.bundle()
    first, second = shelf.registry.register(bundle), shelf.registry.register(bundle)
    assert first == second
    assert first.number == "1"
    assert first.stage is Stage.CANDIDATE


def test_each_bundle_is_a_version_and_the_last_one_is_known(shelf: Shelf) -> None:
    assert shelf.registry.latest() is None
    one, two = shelf.version()[0], shelf.version()[0]
    assert [v.number for v in shelf.registry.versions()] == ["1", "2"]
    assert shelf.registry.latest() == two
    assert shelf.registry.with_bundle(one.bundle_digest) == one


def test_a_version_is_fetched_as_it_was_registered(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    fetched = shelf.registry.fetch(version)
    assert fetched.digest == bundle.digest
    assert fetched.folder != bundle.folder
    assert fetched.species == bundle.species


def test_changed_artifacts_are_refused(shelf: Shelf) -> None:
    version, _ = shelf.version()
    fetched = shelf.registry.fetch(version)
    (fetched.folder / "labels.csv").write_text("code,common_name,scientific_name,class_name\n")
    with pytest.raises(SilencioError, match=r"labels\.csv was changed"):
        shelf.registry.fetch(version)


def test_a_stage_has_one_holder_and_a_version_one_stage(shelf: Shelf) -> None:
    one, two = shelf.version()[0], shelf.version()[0]
    assert shelf.registry.at(Stage.PRODUCTION) is None
    shelf.registry.set_stage(one, Stage.STAGING)
    shelf.registry.set_stage(one, Stage.PRODUCTION)
    assert shelf.registry.at(Stage.STAGING) is None
    shelf.registry.set_stage(two, Stage.PRODUCTION)
    holder = shelf.registry.at(Stage.PRODUCTION)
    assert holder is not None
    assert (holder.number, holder.stage) == ("2", Stage.PRODUCTION)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_classic_stage_follows(shelf: Shelf) -> None:
    version, _ = shelf.version()
    shelf.registry.set_stage(version, Stage.PRODUCTION)
    found = shelf.runs.client.get_model_version(version.model, version.number)
    assert found.current_stage == "Production"
    assert found.tags["silencio.stage"] == "production"


def test_an_unknown_number_is_an_error_that_says_where_to_look(shelf: Shelf) -> None:
    shelf.version()
    with pytest.raises(SilencioError, match=r"has no version 7\. `silencio registry list`"):
        shelf.registry.get("7")
