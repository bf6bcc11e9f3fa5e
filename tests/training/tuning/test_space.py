import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from silencio.errors import WrongUse
from silencio.experiment import load_experiment, presets
from silencio.settings import Training
from silencio.training.tuning.space import Space
from tests.stores import make_experiment
from tests.training.tuning.made_up import searched


def space_of(text: str) -> Space:
    return Space.of(make_experiment(f"tuning: {{space: {{{text}}}}}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training.lerning_rate: {low: 0.1, high: 1}", "training.lerning_rate is not a key .*learning_rate"),
        ("model.dropout: {low: 0.1, high: 1.5}", r"model.dropout is 1.5 \(tuning.space\): .*equal to 1"),
        ("training.loss.name: {choices: [bce, hinge]}", "training.loss.name is 'hinge'"),
        ("audio.n_mels: {low: 0, high: 64}", "audio.n_mels is 0"),
        ("data.split.validation: {low: 0.1, high: 0.3}", "data.split.validation, which no trial may choose"),
        ("seed: {low: 1, high: 9}", "names seed, which no trial may choose"),
        ("training.threads: {low: 1, high: 4}", "training.threads, which says where a training runs"),
    ],
)
def test_what_cannot_be_searched_is_said_before_any_trial(text: str, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        space_of(text)


def test_an_experiment_without_a_space_is_shown_how_one_looks() -> None:
    with pytest.raises(WrongUse, match=r"says nothing of what to search for\. Name keys .*tuning\.space"):
        Space.of(make_experiment())


def test_trials_begin_from_nothing_for_champions_change() -> None:
    experiment = searched().model_copy(update={"training": Training(warm_start=True)})

    assert not Space.of(experiment).experiment.training.warm_start


def test_whole_numbers_are_drawn_where_the_setting_is_one() -> None:
    space = space_of("training.epochs: {low: 2, high: 9}, model.dropout: {low: 0, high: 1}")

    assert space.distributions["training.epochs"] == IntDistribution(2, 9)
    assert space.distributions["model.dropout"] == FloatDistribution(0, 1)


def test_choices_may_be_lists_sections_and_nothing_at_all() -> None:
    space = space_of(
        "training.patience: {choices: [null, 3]},"
        "training.optimizer_options: {choices: [{}, {betas: [0.8, 0.99]}]}"
    )

    drawn = space.distributions["training.optimizer_options"]
    assert isinstance(drawn, CategoricalDistribution)
    experiment = space.with_values(
        {"training.patience": "null", "training.optimizer_options": drawn.choices[1]}
    )
    assert experiment.training.patience is None
    assert experiment.training.optimizer_options == {"betas": [0.8, 0.99]}


def test_values_that_do_not_go_together_are_refused_where_they_meet() -> None:
    space = space_of("audio.fmax: {low: 1000.0, high: 16000.0}, audio.fmin: {low: 50.0, high: 5000.0}")

    with pytest.raises(WrongUse, match="fmin < fmax"):
        space.with_values({"audio.fmax": 1000.0, "audio.fmin": 5000.0})


def test_an_experiments_own_values_are_known_where_they_are_within_the_ranges() -> None:
    inside = space_of("model.dropout: {low: 0.0, high: 0.5}, training.optimizer: {choices: [Adam, SGD]}")
    outside = space_of("model.dropout: {low: 0.3, high: 0.5}")

    assert inside.own() == {"model.dropout": 0.2, "training.optimizer": "SGD"}
    assert outside.own() is None


def test_only_what_the_features_are_made_with_is_heard_anew() -> None:
    assert space_of("audio.n_mels: {low: 16, high: 64}").hears_anew()
    assert not space_of("model.dropout: {low: 0.0, high: 0.5}").hears_anew()


def test_what_is_searched_is_no_part_of_what_a_study_is_known_by() -> None:
    fixed = space_of("model.dropout: {low: 0.0, high: 0.5}").fixed()

    assert "model.dropout" not in fixed
    assert fixed["model.architecture"] == "mobilenetv2"
    assert not any(key.startswith(("tuning", "data.split", "evaluation")) for key in fixed)


@pytest.mark.parametrize("name", [n for n in presets() if load_experiment(n).tuning.space])
def test_a_presets_space_can_be_searched_and_holds_the_presets_own_values(name: str) -> None:
    assert Space.of(load_experiment(name)).own()
