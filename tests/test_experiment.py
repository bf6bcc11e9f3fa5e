"""Layers over the experiment file: the environment, then the command line, and who said what."""

from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from silencio.errors import WrongUse
from silencio.experiment import load_effective, load_experiment, presets, read_experiment
from silencio.settings import FrontEnd, Training
from tests.conftest import silencio


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntraining: {epochs: 3}\nevaluation: {gates: [{at_least: 0.5}]}\n")
    return str(path)


def test_the_environment_sets_a_value_over_the_file(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCIO_TRAINING__EPOCHS", "5")

    assert load_experiment(mine).training.epochs == 5


def test_the_command_line_sets_a_value_over_the_environment(
    mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILENCIO_TRAINING__EPOCHS", "5")

    assert load_experiment(mine, ["training.epochs=7"]).training.epochs == 7


def test_what_is_read_as_it_is_written_ignores_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCIO_TRAINING__EPOCHS", "5")

    assert read_experiment("name: mine").training.epochs == Training().epochs


def test_variables_of_kubernetes_and_of_the_site_set_nothing(
    mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILENCIO_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("SILENCIO_WORKSPACE", "/elsewhere")

    assert load_experiment(mine) == load_experiment(mine, [])


def test_a_section_that_the_file_leaves_out_can_be_set_into(mine: str) -> None:
    changed = load_experiment(mine, ["audio.n_mels=64", "data.split.method=time"])

    assert changed.audio == FrontEnd(n_mels=64)
    assert changed.data.split.method == "time"


def test_a_list_is_set_whole_or_by_the_number_of_an_item(mine: str) -> None:
    whole = load_experiment(mine, ["evaluation.slices=[night]"])
    item = load_experiment(mine, ["evaluation.gates.0.at_least=0.4"])

    assert whole.evaluation.slices == ("night",)
    assert item.evaluation.gates[0].at_least == 0.4


@given(st.integers(1, 10**6), st.floats(1e-9, 10), st.booleans(), st.text("abc ' é", min_size=1))
def test_a_value_arrives_as_yaml_has_it(count: int, share: float, choice: bool, text: str) -> None:
    changes = [
        f"training.epochs={yaml.safe_dump(count)}",
        f"training.learning_rate={share!r}",
        f"data.unlabelled={yaml.safe_dump(choice)}",
        f"data.pattern={yaml.safe_dump(text)}",
    ]

    changed = load_experiment("tiny", changes)

    assert (changed.training.epochs, changed.training.learning_rate) == (count, share)
    assert (changed.data.unlabelled, changed.data.pattern) == (choice, text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("audio.n_mel=64", r"audio\.n_mel is not a key \(--set audio\.n_mel\), did you mean n_mels\?"),
        ("audo.n_mels=64", r"audo is not a key \(--set audo\.n_mels\), did you mean audio\?"),
        ("audio.n_mels=x", r"audio\.n_mels is 'x' \(--set audio\.n_mels\): .*integer"),
        ("audio.n_mels", "sets nothing"),
        ("=3", "sets nothing"),
        ("audio.n_mels=[", r"'\[' is not a value in YAML"),
        ("training.epochs.more=1", r"training\.epochs is 3, which holds no keys"),
        ("evaluation.gates.1.at_least=1", "1 is not one of the 1 items"),
        ("evaluation.gates.x=1", "x is not one of the 1 items"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_by_its_name(mine: str, change: str, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        load_experiment(mine, [change])


def test_a_mistake_in_the_environment_is_refused_by_the_variables_name(
    mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILENCIO_TRAINING__EPOCS", "5")

    with pytest.raises(WrongUse, match=r"training\.epocs is not a key \(SILENCIO_TRAINING__EPOCS\)"):
        load_experiment(mine)


def test_a_key_that_is_set_twice_in_a_file_is_refused() -> None:
    with pytest.raises(WrongUse, match="epochs is set twice"):
        read_experiment("name: mine\ntraining: {epochs: 3, epochs: 4}")


def test_each_value_says_where_it_came_from(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCIO_AUDIO__N_FFT", "2048")

    effective = load_effective(mine, ["audio.n_mels=64", "evaluation.gates=[]"])

    assert effective.origin(("training", "epochs")) == mine
    assert effective.origin(("audio", "n_fft")) == "SILENCIO_AUDIO__N_FFT"
    assert effective.origin(("audio", "n_mels")) == "--set audio.n_mels"
    assert effective.origin(("evaluation", "gates")) == "--set evaluation.gates"
    assert effective.origin(("audio", "fmin")) == "default"


@pytest.mark.parametrize("preset", presets())
def test_every_value_of_a_preset_has_its_reason(preset: str) -> None:
    """On its own line, or on the one above; the items of a list share one."""
    head, lines = (files("silencio.presets") / f"{preset}.yaml").read_text().split("\nname: ")

    assert head.startswith("# "), "the first line says what the preset is for"
    above, explained = "", False
    for text in map(str.strip, lines.splitlines()[1:]):
        explained = "#" in text or (explained and text.startswith("- "))
        explained = explained or above.startswith("#")
        assert explained or text.endswith(":"), f"{preset}: {text}"
        above = text


def test_what_is_shown_is_an_experiment_file_with_the_origin_of_each_value(tmp_path: Path) -> None:
    done = silencio(
        "settings", "show", "demo", "--set", "audio.n_mels=65", workspace=tmp_path, SILENCIO_SEED__X="1"
    )
    assert done.returncode == 2, "seed holds no keys"

    done = silencio(
        *("settings", "show", "demo", "--set", "audio.n_mels=65"),
        workspace=tmp_path,
        SILENCIO_AUDIO__TOP_DB="70",
    )

    assert done.returncode == 0, done.stderr
    shown = {line.split(":")[0].strip(): line for line in done.stdout.splitlines()}
    assert shown["n_mels"].endswith("# --set audio.n_mels")
    assert shown["top_db"].endswith("# SILENCIO_AUDIO__TOP_DB")
    assert shown["epochs"].endswith("# preset demo")
    assert shown["fmin"].endswith("# default")
    expected = load_experiment("demo", ["audio.n_mels=65", "audio.top_db=70"])
    assert read_experiment(done.stdout) == expected
