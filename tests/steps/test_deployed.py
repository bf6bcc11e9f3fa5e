"""What the registry says is to be served."""

import pytest

from silencio.errors import WrongUse
from silencio.registry.stages import Stage
from silencio.serving.engine.sources import first_of
from silencio.steps.deployed import at_stage
from tests.registry.bundles import Shelf
from tests.registry.conftest import emptied_mlflow, shelf

__all__ = ["emptied_mlflow", "shelf"]


def test_a_stage_is_followed_from_version_to_version(shelf: Shelf) -> None:
    look = at_stage(shelf.registry, "production")
    with pytest.raises(WrongUse, match="There is no bundle at stage production"):
        first_of(look, "stage production")

    first, bundle = shelf.version()
    shelf.registry.set_stage(first, Stage.PRODUCTION)
    found = first_of(look, "stage production")
    assert (found.version, found.mark) == (first.number, f"{first.number} {bundle.digest}")
    assert look() == found

    second, _ = shelf.version()
    shelf.registry.set_stage(second, Stage.PRODUCTION)
    assert first_of(look, "").version == second.number


def test_only_stages_that_one_version_holds_can_be_followed(shelf: Shelf) -> None:
    for stage in ("archived", "prodution"):
        with pytest.raises(WrongUse, match="There are staging, canary, production"):
            at_stage(shelf.registry, stage)
