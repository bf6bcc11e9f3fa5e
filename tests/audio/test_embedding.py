"""Embeddings of a model that others trained: what comes out, and every way in which a file is refused."""

from pathlib import Path

import numpy as np
import pytest

from silencio.audio import Features, Unreadable, windows_of
from silencio.audio.embedding import as_loud_as, found
from silencio.errors import WrongUse
from silencio.settings import FrontEnd
from tests.bundles import tone
from tests.embeddings import PITCHES, RATE, SIZE, front_end_of, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("embedding") / "pitches.onnx")


def noise(windows: int) -> np.ndarray:
    samples = np.random.default_rng(0).normal(0, 0.1, (windows, RATE))
    return np.asarray(samples, np.float32)


def test_a_recording_becomes_a_row_of_numbers_a_window(model: Path) -> None:
    windowed = windows_of(tone("frogli1", seconds=2.5), Features(front_end_of(model)))

    assert windowed.features.shape == (3, SIZE)
    loudest = PITCHES[windowed.features[0, : len(PITCHES)].argmax()]
    assert loudest == pytest.approx(1_000, rel=0.1), "a tone of 1,000 Hz"


def test_a_window_has_the_same_embedding_alone_and_among_others(model: Path) -> None:
    features, windows = Features(front_end_of(model)), noise(5)
    together = features(windows)
    assert np.array_equal(together, np.concatenate([features(windows[i : i + 1]) for i in range(5)]))


def test_of_several_outputs_the_one_called_embedding_is_taken_or_the_one_that_is_named(
    tmp_path: Path,
) -> None:
    path = write_model(tmp_path / "model.onnx", outputs=("embedding", "label"))
    named = front_end_of(path, embedding_output="label", embedding_size=SIZE // 2)
    windows = noise(1)
    assert np.array_equal(Features(front_end_of(path))(windows)[:, SIZE // 2 :], Features(named)(windows))


def test_an_only_output_may_have_any_name_a_batch_may_be_of_one_and_a_length_may_be_free(
    tmp_path: Path,
) -> None:
    path = write_model(tmp_path / "model.onnx", samples="samples", outputs=("features",), batch=1)
    assert Features(front_end_of(path))(noise(2)).shape == (2, SIZE)


def test_with_a_peak_neither_loudness_nor_an_offset_changes_the_embedding(model: Path) -> None:
    windows = noise(1)
    at_a_peak, as_it_is = Features(front_end_of(model, embedding_peak=0.25)), Features(front_end_of(model))
    np.testing.assert_allclose(at_a_peak(windows), at_a_peak(0.3 * windows + 0.2), rtol=1e-3)
    assert not np.allclose(as_it_is(windows), as_it_is(0.3 * windows), rtol=0.1)


def test_a_window_is_brought_to_its_peak_and_silence_stays_silence() -> None:
    window = as_loud_as(0.25, np.array([1.0, 3.0, 1.0, 1.0], np.float32))
    np.testing.assert_allclose(window, np.array([-0.5, 1.5, -0.5, -0.5]) * 0.25 / 1.5)
    assert not as_loud_as(0.25, np.full(4, 0.7, np.float32)).any()


@pytest.mark.parametrize("place", ["", "raw/weights"])
def test_the_file_is_found_in_the_workspace_and_in_its_weights(place: str, tmp_path: Path) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    path = write_model(tmp_path / place / "pitches.onnx")
    there = found(front_end_of(path).at(Path("pitches.onnx")), tmp_path)
    assert there.embedding_model == path
    assert there.anywhere() == front_end_of(path).anywhere()


def test_a_file_that_is_nowhere_is_asked_for_by_its_name_and_place(model: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"audio\.embedding_model names perch\.onnx.* no such file") as refused:
        found(front_end_of(model).at(Path("perch.onnx")), tmp_path)
    assert f"Put it into {tmp_path / 'raw/weights'}" in refused.value.remedy


def test_a_file_that_went_missing_in_between_is_said(model: Path) -> None:
    with pytest.raises(WrongUse, match="is not there"):
        Features(front_end_of(model).at(Path("/nowhere.onnx")))


def test_another_file_is_refused_by_its_digest(model: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other.onnx", phase=1.0)
    with pytest.raises(WrongUse, match=r"other\.onnx has the digest .* audio\.embedding_digest is"):
        Features(front_end_of(model).at(other))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(WrongUse, match=r"model\.onnx is no model that ONNX Runtime can open"):
        Features(front_end_of(path))


@pytest.mark.parametrize(
    ("changes", "said", "remedy"),
    [
        (
            {"window_seconds": 2.0},
            r"takes 16000 samples, .*\.window_seconds 2 at audio\.sample_rate 16000 has 32000",
            "Set audio.window_seconds to 1,",
        ),
        ({"embedding_size": 7}, rf"gives {SIZE} numbers .* audio\.embedding_size is 7", f"Set it to {SIZE}"),
        (
            {"embedding_output": "embed"},
            r"gives embedding, label, and audio\.embedding_output is embed",
            "Name the one",
        ),
    ],
)
def test_what_does_not_fit_the_model_is_said_with_what_would(
    model: Path, changes: dict[str, object], said: str, remedy: str
) -> None:
    with pytest.raises(WrongUse, match=said) as refused:
        Features(front_end_of(model, **changes))
    assert remedy in refused.value.remedy


def test_of_outputs_that_nobody_named_none_is_guessed(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx", outputs=("label", "logits"))
    with pytest.raises(WrongUse, match=r"gives label, logits, and audio\.embedding_output names none"):
        Features(front_end_of(path))


def test_a_model_for_two_channels_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx", batch=2)
    with pytest.raises(WrongUse, match=r"takes \[2, 16000\], and a window is one row of 16000 samples"):
        Features(front_end_of(path))


def test_samples_that_give_no_numbers_are_no_recording(model: Path) -> None:
    with pytest.raises(Unreadable, match="beyond 65504"):
        Features(front_end_of(model))(np.full((1, RATE), 1e9, np.float32))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"embedding_digest": None}, "embedding needs embedding_digest: docs/weights.md"),
        ({"embedding_model": None, "embedding_size": None}, "needs embedding_model, embedding_size"),
        ({"n_mels": 64, "normalize": "none"}, "n_mels, normalize is of pictures and mfcc"),
        ({"aggregate": "mean"}, "aggregate is of pictures and mfcc"),
        (
            {"features": "log_mel", "fmax": 8_000},
            "embedding_model, .* is of embedding: leave it out for log_mel",
        ),
        ({"embedding_digest": "abc"}, "embedding_digest"),
    ],
)
def test_settings_that_would_do_nothing_or_that_lack_are_refused(
    model: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        front_end_of(model, **changes)


def test_where_the_file_lies_is_no_part_of_what_the_front_end_is(model: Path, tmp_path: Path) -> None:
    here, there = front_end_of(model), front_end_of(write_model(tmp_path / "elsewhere.onnx"))
    assert here != there
    assert here.anywhere() == there.anywhere()
    assert FrontEnd.model_validate_json(here.anywhere().model_dump_json()) == here.anywhere()
