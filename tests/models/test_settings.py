"""Every option of a model is refused where it would do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.errors import WrongUse
from silencio.experiment import read_experiment
from silencio.models import ARCHITECTURES
from silencio.settings import Experiment, Model
from silencio.settings.model import OPTIONS

SOME = {
    "head": "attention",
    "frozen": True,
    "width": 8,
    "hidden": [4],
    "activation": "GELU",
    "activation_options": {"negative_slope": 0.1},
    "batch_norm": False,
    "members": [{"architecture": "cnn"}, {"architecture": "fcnn", "hidden": [4, 4]}],
}


@given(st.sampled_from(sorted(SOME)), st.sampled_from(ARCHITECTURES))
def test_an_option_is_taken_by_those_that_have_it_and_by_nobody_else(name: str, architecture: str) -> None:
    given = {"architecture": architecture, name: SOME[name]}
    if architecture == "ensemble":
        given["members"] = SOME["members"]
    elif name == "frozen":
        given["weights"] = "weights.safetensors"
    if architecture in OPTIONS[name]:
        assert Model.model_validate(given) == Model.model_validate_json(
            Model.model_validate(given).model_dump_json()
        )
    else:
        with pytest.raises(ValueError, match=f"{name} is of .*: leave it out for {architecture}"):
            Model.model_validate(given)


def test_every_option_that_not_all_have_is_of_an_architecture_that_there_is() -> None:
    assert {a for owners in OPTIONS.values() for a in owners} <= set(ARCHITECTURES)
    assert set(SOME) == set(OPTIONS) <= set(Model.model_fields)


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("{frozen: true}", "frozen needs weights"),
        (f"{{weights_digest: {'a' * 64}}}", "weights_digest needs weights"),
        ("{weights: a.pth, weights_digest: abc}", "model.weights_digest is 'abc': .*pattern"),
        ("{architecture: ensemble}", "needs two members"),
        ("{architecture: ensemble, members: [{}]}", "needs two members"),
        ("{architecture: ensemble, weights: a.pth, members: [{}, {}]}", "set for each of .* members"),
        (
            "{architecture: ensemble, members: [{}, {architecture: ensemble, members: [{}, {}]}]}",
            "members are single models",
        ),
        ("{architecture: ensemble, members: [{}, {archtecture: cnn}]}", "did you mean architecture"),
    ],
)
def test_an_impossible_model_is_explained(text: str, explained: str) -> None:
    with pytest.raises(WrongUse, match=explained):
        read_experiment(f"name: mine\nmodel: {text}")


def test_a_model_comes_back_from_its_yaml_as_it_was() -> None:
    members = (Model(architecture="cnn", width=8), Model(head="attention", dropout=0.5))
    leaky = Model(architecture="fcnn", activation="LeakyReLU", activation_options={"negative_slope": 0.3})
    for one in (Model(architecture="ensemble", members=members), leaky):
        experiment = Experiment(name="mine", model=one)
        assert read_experiment(experiment.to_yaml()) == experiment
