"""Decoding: what comes out of honest files, and that nothing bad comes out of the others."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.audio import Limits, Unreadable, load
from silencio.audio.decode import LOUDEST, decode
from tests.audio.conftest import FORMATS, song, written

RATE = 16_000
LOSSLESS = {"WAV", "FLAC"}
ENCODED = {name: written(song(0.5, RATE), RATE, name) for name in FORMATS}


def test_each_format_is_decoded_from_a_file(format: str, tmp_path: Path) -> None:
    samples = song(1, RATE)
    path = tmp_path / f"song.{format.lower()}"
    path.write_bytes(written(samples, RATE, format))

    decoded, rate = decode(path)

    assert rate == RATE
    assert decoded.dtype == np.float32
    assert decoded.shape == samples.shape
    correlation = np.corrcoef(decoded, samples)[0, 1]
    assert correlation > (0.9999 if format in LOSSLESS else 0.95)


def test_bytes_and_a_file_of_them_are_decoded_alike(format: str, tmp_path: Path) -> None:
    path = tmp_path / "song"
    path.write_bytes(ENCODED[format])

    np.testing.assert_array_equal(load(path, RATE), load(ENCODED[format], RATE))


def test_channels_are_averaged() -> None:
    left, right = song(0.5, RATE, seed=1), song(0.5, RATE, seed=2)

    mono = load(written(np.stack([left, right], axis=1), RATE, "WAV", "FLOAT"), RATE)

    np.testing.assert_allclose(mono, (left + right) / 2, atol=1e-7)


@given(st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000]), st.floats(0.05, 2))
@settings(max_examples=30, deadline=None)
def test_resampling_keeps_the_length_in_seconds(rate: int, seconds: float) -> None:
    samples = song(seconds, rate)

    resampled = load(written(samples, rate), RATE)

    assert len(resampled) == pytest.approx(len(samples) * RATE / rate, abs=1)


def test_resampling_keeps_a_tone_where_it_is() -> None:
    at = np.arange(2 * 44_100) / 44_100

    resampled = load(written(np.sin(2 * np.pi * 1000 * at).astype(np.float32), 44_100), RATE)

    loudest = np.abs(np.fft.rfft(resampled * np.hanning(len(resampled)))).argmax() * RATE / len(resampled)
    assert loudest == pytest.approx(1000, abs=1)
    assert np.abs(resampled[1000:-1000]).max() == pytest.approx(1, abs=0.01)


def test_a_file_of_too_many_bytes_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(ENCODED["WAV"])

    with pytest.raises(Unreadable, match=r"song\.wav has \d+ bytes\. At most 1000 are taken"):
        load(path, RATE, Limits(max_bytes=1000))
    with pytest.raises(Unreadable, match="At most 1000 are taken"):
        load(ENCODED["WAV"], RATE, Limits(max_bytes=1000))


def test_a_recording_of_too_many_seconds_is_refused(format: str) -> None:
    with pytest.raises(Unreadable, match=r"longer than 0\.4 s"):
        load(ENCODED[format], RATE, Limits(max_seconds=0.4))


def test_a_recording_of_just_the_seconds_allowed_is_taken() -> None:
    assert len(load(ENCODED["WAV"], RATE, Limits(max_seconds=0.5))) == RATE // 2


def test_too_many_channels_are_refused() -> None:
    recording = written(np.zeros((100, 9), np.float32), RATE)

    with pytest.raises(Unreadable, match=r"9 channels\. At most 8"):
        load(recording, RATE)


@pytest.mark.parametrize("rate", [1, 400_000])
def test_a_rate_that_no_recorder_has_is_refused(rate: int) -> None:
    with pytest.raises(Unreadable, match=f"claims {rate} Hz"):
        load(written(song(0.5, RATE), rate), RATE)


def claiming(recording: bytes, size: int) -> bytes:
    """A WAV file whose header says that so many bytes of sound follow."""
    at = recording.index(b"data") + 4
    return recording[:at] + size.to_bytes(4, "little") + recording[at + 4 :]


def test_a_header_that_claims_more_gives_what_is_there() -> None:
    assert len(load(claiming(ENCODED["WAV"], 2**32 - 1), RATE, Limits(max_seconds=1))) == RATE // 2


def test_a_header_that_claims_less_gives_no_more_than_it_says() -> None:
    assert len(load(claiming(ENCODED["WAV"], 200), RATE)) == 100


@pytest.mark.parametrize("claimed", [0, 100, 3 * RATE, 2**32 - 1], ids=lambda n: f"{n} samples")
def test_no_claim_on_its_length_gets_a_long_recording_in(claimed: int) -> None:
    recording = bytearray(written(song(3, RATE), RATE, "FLAC"))
    recording[22:26] = claimed.to_bytes(4, "big")  # STREAMINFO's number of samples, where 0 is "unknown"

    try:
        samples = load(bytes(recording), RATE, Limits(max_seconds=2))
    except Unreadable:
        return
    assert len(samples) <= 2 * RATE


@pytest.mark.parametrize("format", ["WAV", "FLAC"])
def test_a_recording_of_no_length_is_refused(format: str) -> None:
    with pytest.raises(Unreadable):
        load(written(np.zeros(0, np.float32), RATE, format), RATE)


@pytest.mark.parametrize(
    "value", [np.nan, np.inf, -np.inf, 2 * LOUDEST], ids=["nan", "inf", "-inf", "louder than any sound"]
)
def test_values_that_are_no_sound_are_refused(value: float) -> None:
    samples = song(0.5, RATE)
    samples[100] = value

    with pytest.raises(Unreadable, match="values that are no sound"):
        load(written(samples, RATE, "WAV", "FLOAT"), RATE)


@pytest.mark.parametrize("content", [b"", b"hello, I am a text file\n" * 100, b"RIFF", bytes(5000)])
def test_what_is_no_recording_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(content)

    with pytest.raises(Unreadable, match=r"song\.wav is not a recording that can be read"):
        load(path, RATE)
    with pytest.raises(Unreadable, match="is not a recording that can be read"):
        load(content, RATE)


@given(st.sampled_from(FORMATS), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_recording_that_breaks_off_gives_its_beginning_or_is_refused(format: str, share: float) -> None:
    whole = ENCODED[format]
    try:
        samples = load(whole[: int(share * len(whole))], RATE)
    except Unreadable:
        return
    assert 0 < len(samples) <= RATE // 2


@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 1) | st.floats(0, 0.01), st.integers(0, 255)), min_size=1, max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_whatever_damage_a_recording_took_it_gives_sound_within_the_limits_or_is_refused(
    format: str, damage: list[tuple[float, int]]
) -> None:
    recording = bytearray(ENCODED[format])
    for where, value in damage:
        recording[int(where * (len(recording) - 1))] = value
    try:
        samples, rate = decode(bytes(recording), Limits(max_seconds=1))
    except Unreadable:
        return
    assert 0 < len(samples) <= rate
    assert np.isfinite(samples).all()
