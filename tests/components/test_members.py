"""`members`"""

import pytest

from components.members import members
from silencio.errors import WrongUse
from silencio.settings import Model
from tests.components.conftest import Desk, Workshop, ensemble_of


def test_a_single_model_is_the_only_one(desk: Desk) -> None:
    assert members.python_func(**desk.where) == ["cnn"]


def test_an_ensemble_has_its_members_each_by_a_name_of_its_own(desk: Desk, workshop: Workshop) -> None:
    one = {"architecture": "cnn", "width": 4}
    model = Model.model_validate(
        {"architecture": "ensemble", "members": [one, one, {"architecture": "fcnn"}]}
    )
    told = Desk(workshop.with_changes(model=model), desk.folder)
    assert members.python_func(**told.where) == ["cnn", "cnn-2", "fcnn"]


def test_an_ensemble_that_cannot_be_trained_is_refused_before_anything_is_computed(
    desk: Desk, workshop: Workshop
) -> None:
    experiment = ensemble_of(workshop.house.experiment)
    warm = experiment.training.model_copy(update={"warm_start": True})
    told = Desk(workshop.with_changes(model=experiment.model, training=warm), desk.folder)
    with pytest.raises(WrongUse, match="warm_start begins with one model's weights"):
        members.python_func(**told.where)
