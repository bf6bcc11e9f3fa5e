"""Windows: every sample is in one, the last is padded, and everybody gets the same ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.audio import Features, Flow, Limits, Unreadable, load, windows_of
from silencio.audio.flow import CRUMB_SECONDS, Plan
from silencio.settings import FrontEnd
from tests.audio.conftest import song, written
from tests.real import recordings

RATE = 8_000
FRONT_END = FrontEnd(
    sample_rate=RATE, window_seconds=1, hop_seconds=1, n_fft=512, hop_length=200, n_mels=32, fmax=4_000
)
HALF_OVERLAPPING = FRONT_END.model_copy(update={"hop_seconds": 0.5})


LENGTHS_AND_HOPS = st.integers(1, 50).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n)))


@given(st.integers(1, 300), LENGTHS_AND_HOPS, st.integers(0, 20))
def test_no_window_is_only_padding_or_only_a_crumb(
    count: int, length_and_hop: tuple[int, int], crumb: int
) -> None:
    length, hop = length_and_hop

    windows = Plan(length, hop, crumb, most=None).windows(count)

    covered_before_the_last = (windows - 2) * hop + length
    assert windows == 1 or count - covered_before_the_last > crumb
    assert count - ((windows - 1) * hop + length) <= crumb, "no more than a crumb is left out"


@given(st.integers(0, 300), st.integers(0, 100), LENGTHS_AND_HOPS, st.integers(0, 20))
def test_a_window_that_is_complete_stays_one_whatever_follows(
    count: int, more: int, length_and_hop: tuple[int, int], crumb: int
) -> None:
    length, hop = length_and_hop
    plan = Plan(length, hop, crumb, most=None)

    complete = plan.complete(count)

    assert complete == 0 or (complete - 1) * hop + length <= count, "all its samples are there"
    assert complete <= plan.windows(count + more)


@given(
    rate=st.sampled_from([RATE, 11_025]),
    seconds=st.floats(0.05, 3.4),
    hop=st.sampled_from([1.0, 0.5, 0.07]),
    pieces=st.lists(st.integers(0, 9_000), max_size=12),
)
@settings(max_examples=40)
def test_sound_that_comes_bit_by_bit_gives_the_very_windows_of_the_whole(
    rate: int, seconds: float, hop: float, pieces: list[int]
) -> None:
    features = Features(FRONT_END.model_copy(update={"hop_seconds": hop}))
    recording = written(song(seconds, rate), rate)
    whole, samples = windows_of(recording, features), load(recording, rate)

    flow = Flow(features, rate)
    ready = [flow.feed(part) for part in np.split(samples, np.minimum(np.cumsum(pieces), len(samples)))]
    ready.append(flow.end())

    assert flow.seconds == whole.seconds
    np.testing.assert_array_equal(np.concatenate([r.starts for r in ready]), whole.starts)
    np.testing.assert_array_equal(np.concatenate([r.features for r in ready]), whole.features)


def test_a_window_is_ready_as_soon_as_its_last_sample_is_there() -> None:
    flow = Flow(Features(FRONT_END), RATE)
    sound = np.zeros(RATE, np.float32)

    assert len(flow.feed(sound[:-1]).starts) == 0
    assert flow.feed(sound[-1:]).starts.tolist() == [0]
    assert len(flow.end().starts) == 0


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [
        (0.01, [0]),
        (1, [0]),
        (1 + CRUMB_SECONDS, [0]),
        (1 + CRUMB_SECONDS + 0.01, [0, 1]),
        (2, [0, 1]),
        (2.5, [0, 1, 2]),
    ],
)
def test_a_remainder_is_a_window_of_its_own_unless_it_is_a_crumb(seconds: float, starts: list[float]) -> None:
    windowed = windows_of(written(song(seconds, RATE), RATE), Features(FRONT_END))

    assert windowed.starts.tolist() == starts
    assert windowed.features.shape == (len(starts), *FRONT_END.shape)
    assert windowed.seconds == pytest.approx(seconds)


def test_windows_may_overlap() -> None:
    recording = written(song(2, RATE), RATE)

    windowed = windows_of(recording, Features(HALF_OVERLAPPING))

    assert windowed.starts.tolist() == [0, 0.5, 1]
    np.testing.assert_array_equal(windowed.features[::2], windows_of(recording, Features(FRONT_END)).features)


@given(st.floats(0.1, 2).filter(lambda hop: round(hop * RATE) > 0))
@settings(max_examples=30, deadline=None)
def test_a_start_is_where_the_windows_first_sample_lies(hop: float) -> None:
    front_end = FRONT_END.model_copy(update={"hop_seconds": min(hop, 1.0)})

    starts = windows_of(written(song(5, RATE), RATE), Features(front_end)).starts

    np.testing.assert_allclose(starts * RATE, np.arange(len(starts)) * front_end.hop_samples, atol=1e-6)


def test_an_uploaded_recording_has_the_windows_that_training_sees_of_the_file(
    format: str, tmp_path: Path
) -> None:
    recording = written(song(2.3, 22_050), 22_050, format)
    path = tmp_path / "song"
    path.write_bytes(recording)

    trained, served = windows_of(path, Features(FRONT_END)), windows_of(recording, Features(FRONT_END))

    np.testing.assert_array_equal(trained.features, served.features)
    np.testing.assert_array_equal(trained.starts, served.starts)


def test_windows_are_the_pictures_of_the_pieces() -> None:
    recording, compute = written(song(2.3, RATE), RATE), Features(FRONT_END)
    samples = np.pad(load(recording, RATE), (0, RATE))

    features = windows_of(recording, compute).features

    for second in range(3):
        piece = samples[second * RATE : (second + 1) * RATE]
        np.testing.assert_array_equal(features[second], compute(piece[None])[0])


@pytest.mark.parametrize("seconds", [0.4, 3, 45.5])
def test_a_recording_taken_whole_is_one_window_from_its_start(seconds: float) -> None:
    """FrogID's windows: 30 s at 16 kHz."""
    front_end = FrontEnd(
        cutting="whole", sample_rate=16_000, window_seconds=30, hop_seconds=30, hop_length=512, fmax=8_000
    )
    samples = song(seconds, 16_000)

    windowed = windows_of(written(samples, 16_000, "WAV", "FLOAT"), Features(front_end))

    assert windowed.starts.tolist() == [0]
    assert windowed.seconds == pytest.approx(seconds)
    assert windowed.features.shape == (1, 128, 938) == (1, *front_end.shape)
    first = np.zeros((1, 30 * 16_000), np.float32)
    first[0, : len(samples)] = samples[: first.shape[1]]
    np.testing.assert_array_equal(windowed.features, Features(front_end)(first))


def test_features_are_told_how_much_of_a_window_is_sound() -> None:
    front_end = FRONT_END.model_copy(update={"features": "mfcc"})
    samples = song(1.25, RATE)

    first, last = windows_of(written(samples, RATE, "WAV", "FLOAT"), Features(front_end)).features

    heard = 1 + RATE // 4 // FRONT_END.hop_length
    assert first.any(axis=0).all()
    assert last[:, :heard].any(axis=0).all()
    assert not last[:, heard:].any()


def test_limits_hold_on_the_way_to_windows() -> None:
    with pytest.raises(Unreadable, match="longer than 1 s"):
        windows_of(written(song(2, RATE), RATE), Features(FRONT_END), Limits(max_seconds=1))


@pytest.mark.parametrize("kind", ["esc10/*/*.ogg", "fsdd/*.wav", "soundscapes/*.wav"])
def test_recordings_from_the_field_become_windows(kind: str) -> None:
    paths = recordings(*kind.split("/", 1))[:4]
    front_end = FrontEnd(sample_rate=16_000, hop_length=400, n_mels=48, fmax=8_000)

    for path in paths:
        windowed = windows_of(path, Features(front_end))

        assert windowed.features.shape == (len(windowed.starts), *front_end.shape)
        assert np.isfinite(windowed.features).all()
        assert windowed.features.std() > 0.5, f"{path.name} is not silent"
        assert 0 < windowed.seconds <= windowed.starts[-1] + front_end.window_seconds + CRUMB_SECONDS
