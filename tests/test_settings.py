"""The experiment file and the site: what they take, and how they say no."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from silencio.errors import WrongUse
from silencio.experiment import load_experiment, presets, read_experiment
from silencio.settings import (
    Data,
    Evaluation,
    Experiment,
    FrontEnd,
    GateRule,
    Reserve,
    Site,
    Split,
    Training,
)

FRONT_ENDS = st.builds(
    lambda rate, window, overlap, n_fft, n_mels: FrontEnd(
        sample_rate=rate,
        window_seconds=window,
        hop_seconds=window / overlap,
        n_fft=n_fft,
        n_mels=n_mels,
        fmax=rate / 2,
    ),
    st.integers(8_000, 96_000),
    st.floats(0.1, 30),
    st.sampled_from([1, 2, 4]),
    st.sampled_from([256, 512, 1024, 2048]),
    st.integers(8, 256),
)
GATES = st.one_of(
    st.builds(GateRule, metric=st.sampled_from(["map", "roc_auc"]), at_least=st.floats(-10, 10)),
    st.builds(
        GateRule, slice=st.sampled_from(["overall", "rare", "night+insects"]), at_most_below=st.floats(0, 1)
    ),
)
EXPERIMENTS = st.builds(
    Experiment,
    name=st.from_regex(r"^[a-z][a-z0-9-]*\Z"),
    seed=st.integers(),
    data=st.builds(
        Data,
        source=st.just("birdclef2025"),
        path=st.text("abcé /.'#:", min_size=1).map(Path),
        reserve=st.builds(Reserve, seed=st.integers(), species=st.integers(4, 206)),
        split=st.builds(Split, validation=st.floats(0, 0.4), test=st.floats(0, 0.4)),
    ),
    audio=FRONT_ENDS,
    training=st.builds(
        Training, learning_rate=st.floats(1e-9, 10), optimizer=st.sampled_from(["AdamW", "SGD"])
    ),
    evaluation=st.builds(Evaluation, gates=st.lists(GATES, max_size=3).map(tuple)),
)


@given(EXPERIMENTS)
def test_an_experiment_comes_back_from_its_yaml_as_it_was(experiment: Experiment) -> None:
    assert read_experiment(experiment.to_yaml()) == experiment


@pytest.mark.parametrize("name", presets())
def test_every_preset_loads_under_its_own_name(name: str) -> None:
    assert load_experiment(name).name == name.replace("_", "-")


def test_an_experiment_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntraining: {epochs: 3}\n")

    assert load_experiment(str(path)) == Experiment(name="mine", training=Training(epochs=3))


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("sed: 3", "sed", "seed"),
        ("training: {lerning_rate: 0.1}", "training.lerning_rate", "learning_rate"),
        ("data: {reserve: {specis: 5}}", "data.reserve.specis", "species"),
        ("evaluation: {gates: [{at_last: 0.5}]}", "evaluation.gates.0.at_last", "at_least"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_known_one_named(text: str, key: str, meant: str) -> None:
    with pytest.raises(WrongUse) as refused:
        read_experiment(f"name: mine\n{text}", "mine.yaml")

    assert refused.value.problem == f"mine.yaml: {key} is not a key, did you mean {meant}?."


def test_an_unknown_key_that_is_near_to_none_is_refused_without_a_guess() -> None:
    with pytest.raises(WrongUse, match=r"training\.xyzzy is not a key\."):
        read_experiment("name: mine\ntraining: {xyzzy: 1}")


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("training: {epochs: 0}", "training.epochs is 0: .* greater than or equal to 1"),
        ("training: {min_delta: 0.1}", "min_delta needs patience"),
        ("training: {learning_rate: .inf}", "training.learning_rate is inf: .*finite"),
        ("training: {learning_rate: .nan}", "training.learning_rate is nan: "),
        ("data: {source: birdclef2025}", "birdclef2025 needs data.path"),
        ("data: {split: {validation: 0.5, test: 0.5}}", "leave nothing to train on"),
        ("audio: {sample_rate: 16000}", "fmin < fmax <= sample_rate / 2 = 8000"),
        ("audio: {hop_seconds: 6}", "hop_seconds must be .* at most window_seconds"),
        ("audio: {hop_seconds: 0.000001}", "hop_seconds must be at least a sample"),
        ("audio: {n_fft: 1023}", "audio.n_fft is 1023: .*multiple of 2"),
        ("audio: {aggregate: mean}", "aggregate and padded_frames are of mfcc"),
        ("audio: {features: mfcc, n_mfcc: 200}", "n_mfcc is at most n_mels = 128"),
        ("audio: {features: mfcc, normalize: unit}", "normalize unit is of pictures"),
        ("audio: {features: mfcc, normalize: fixed}", "normalize fixed is of pictures"),
        ("audio: {features: mfcc, aggregate: mean}", "normalize takes away .* set it to none"),
        ("data: {split: {folds: 2}}", "data.split.folds is 2: .*3"),
        ("data: {split: {method: folds, fold: 6}}", "fold 6 is not one of 5"),
        ("data: {split: {method: leave_one_out}}", "needs held_out"),
        ("evaluation: {gates: [{metric: map}]}", "one of at_least, at_most and at_most_below"),
        (
            "evaluation: {gates: [{at_least: 1, at_most_below: 1}]}",
            "one of at_least, at_most and at_most_below",
        ),
        ("release: {canary_share: 1}", "release.canary_share is 1: .*less than 1"),
    ],
)
def test_an_impossible_value_is_explained(text: str, explained: str) -> None:
    with pytest.raises(WrongUse, match=explained):
        read_experiment(f"name: mine\n{text}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(WrongUse, match=r"training\.epochs .*; training\.threads "):
        read_experiment("name: mine\ntraining: {epochs: 0, threads: 0}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "is not YAML"),
        (b"name: \xff", "is not YAML"),
        (b"", "holds no keys"),
        (b"- a", "holds no keys"),
    ],
)
def test_a_file_that_is_no_experiment_is_refused_by_its_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)

    with pytest.raises(WrongUse, match=rf"mine\.yaml {said}"):
        load_experiment(str(path))


def test_a_name_that_is_neither_preset_nor_file_is_answered_with_the_presets() -> None:
    with pytest.raises(WrongUse, match=r"dmeo is neither a preset nor a file\. The presets are .*demo"):
        load_experiment("dmeo")


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Experiment(name="mine").seed = 1


@given(FRONT_ENDS)
def test_a_window_holds_as_many_frames_as_fit_at_the_hop_length(front_end: FrontEnd) -> None:
    mels, frames = front_end.shape

    assert mels == front_end.n_mels
    assert (frames - 1) * front_end.hop_length <= front_end.window_samples < frames * front_end.hop_length


def test_the_environment_says_where_things_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCIO_WORKSPACE", "/elsewhere")
    monkeypatch.setenv("SILENCIO_MLFLOW_URI", "http://mlflow:5000")
    monkeypatch.setenv("SILENCIO_STOP_AFTER_IDLE", "60")

    site = Site()

    assert (site.workspace, site.mlflow_uri, site.stop_after_idle) == ("/elsewhere", "http://mlflow:5000", 60)


def test_without_an_environment_the_site_is_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Site.model_fields:
        monkeypatch.delenv(f"SILENCIO_{name.upper()}", raising=False)

    site = Site()

    assert (site.workspace, site.mlflow_uri, site.image) == ("workspace", None, None)


def test_the_yaml_of_an_experiment_says_every_value_also_the_defaults() -> None:
    written = yaml.safe_load(Experiment(name="mine").to_yaml())

    assert written["training"]["epochs"] == Training().epochs
    assert written["audio"]["n_mels"] == FrontEnd().n_mels


def test_an_address_that_is_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCIO_NOTIFY_URL", "https://hooks.example.org/T0/secret")
    site = Site()
    assert site.notify_url is not None
    assert "secret" not in repr(site)
