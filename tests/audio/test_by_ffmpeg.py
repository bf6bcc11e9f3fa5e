"""AAC and its kin, and FLAC of unknown length: decoded, within the limits, and nothing else of FFmpeg's."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from silencio.audio import Limits, Unreadable, load
from silencio.audio.decode import decode
from tests.audio.conftest import AAC_IN, song, written, written_by_ffmpeg

RATE = 16_000
PRIMING = 1024 + 1024
"""An AAC encoder's silence before the sound, and its rounding up to whole packets."""
ENCODED = {container: written_by_ffmpeg(song(0.5, RATE), RATE, container) for container in AAC_IN}
M4A = ENCODED["ipod"]
FOREVER = Limits(max_seconds=1e9)


def likeness(decoded: NDArray[np.float32], samples: NDArray[np.float32]) -> float:
    """The best correlation over the shifts that an encoder may add."""
    return max(
        np.corrcoef(decoded[shift : shift + len(samples)], samples)[0, 1]
        for shift in range(len(decoded) - len(samples) + 1)
    )


@pytest.mark.parametrize("container", AAC_IN)
def test_aac_is_decoded_whatever_it_is_packed_in_and_called(container: str, tmp_path: Path) -> None:
    samples = song(0.5, RATE)
    path = tmp_path / "song.wav"
    path.write_bytes(ENCODED[container])

    decoded, rate = decode(path)

    assert rate == RATE
    assert decoded.dtype == np.float32
    assert len(samples) <= len(decoded) <= len(samples) + PRIMING
    assert likeness(decoded, samples) > 0.95
    np.testing.assert_array_equal(decode(ENCODED[container])[0], decoded)


def test_lossless_alac_is_decoded() -> None:
    samples = song(0.5, RATE)

    decoded, rate = decode(written_by_ffmpeg(samples, RATE, "ipod", "alac"))

    assert rate == RATE
    np.testing.assert_allclose(decoded, samples, atol=1e-4)


def test_channels_are_averaged() -> None:
    sound = np.stack([song(0.5, RATE), np.zeros(RATE // 2, np.float32)], axis=1)

    decoded, _ = decode(written_by_ffmpeg(sound, RATE, "ipod", "alac"))

    np.testing.assert_allclose(decoded, sound[:, 0] / 2, atol=1e-4)


def without_length(flac: bytes) -> bytes:
    """As an encoder writes it that cannot go back to its header: no number of samples in STREAMINFO."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


@pytest.mark.parametrize("seconds", [0.5, 12])
def test_a_flac_stream_of_unknown_length_is_decoded_whole(seconds: float, tmp_path: Path) -> None:
    samples = song(seconds, RATE)
    path = tmp_path / "song.flac"
    path.write_bytes(without_length(written(samples, RATE, "FLAC")))

    decoded, rate = decode(path)

    assert rate == RATE
    np.testing.assert_allclose(decoded, samples, atol=1e-4)


@pytest.mark.parametrize(
    "recording", [*ENCODED.values(), without_length(written(song(0.5, RATE), RATE, "FLAC"))]
)
def test_limits_hold_while_it_is_decoded(recording: bytes) -> None:
    with pytest.raises(Unreadable, match=r"longer than 0\.4 s"):
        load(recording, RATE, Limits(max_seconds=0.4))
    with pytest.raises(Unreadable, match="larger than 20000 bytes once it is decoded"):
        load(recording, RATE, Limits(max_decoded_bytes=20_000))
    with pytest.raises(Unreadable, match="At most 1000 are taken"):
        load(recording, RATE, Limits(max_bytes=1000))


def test_too_many_channels_are_refused() -> None:
    recording = written_by_ffmpeg(np.zeros((4096, 6), np.float32), 48_000, "ipod")

    with pytest.raises(Unreadable, match=r"6 channels\. At most 2"):
        load(recording, RATE, Limits(max_channels=2))


def test_more_channels_than_pyav_can_count_are_refused_before_it_counts_them() -> None:
    recording = without_length(written(np.zeros((4096, 8), np.float32), RATE, "FLAC"))

    with pytest.raises(Unreadable, match="it has 8 channels, more than 7"):
        load(recording, RATE, Limits(max_channels=100))


def claiming(recording: bytes, box: bytes, offset: int, value: int) -> bytes:
    """An MP4 file that says so in one of its boxes, `offset` bytes after the type begins."""
    at = recording.index(box) + offset
    return recording[:at] + struct.pack(">I", value) + recording[at + 4 :]


@pytest.mark.parametrize("claimed", [1, RATE, 2**31])
def test_no_header_s_word_on_length_is_taken(claimed: int) -> None:
    recording = written_by_ffmpeg(song(3, RATE), RATE, "ipod")

    for box, offset in ((b"mdhd", 20), (b"mvhd", 20), (b"tkhd", 24)):
        with pytest.raises(Unreadable, match="longer than 2 s"):
            load(claiming(recording, box, offset, claimed), RATE, Limits(max_seconds=2))


@pytest.mark.parametrize("packets", [10_000_000, 89_000_000, 2**32 - 1])
def test_a_table_of_millions_of_packets_in_a_small_file_is_refused_before_it_takes_memory(
    packets: int,
) -> None:
    recording = claiming(claiming(M4A, b"stsz", 12, packets), b"stsz", 8, 1)  # all of them of one byte
    recording = claiming(recording, b"stsc", 16, packets)

    with pytest.raises(Unreadable, match=f"it claims {packets} packets, more than 3600 s of sound have"):
        load(recording, RATE)


def test_the_tables_of_fragments_count_too() -> None:
    live = written_by_ffmpeg(song(0.5, RATE), RATE, "mp4", movflags="frag_keyframe+empty_moov")

    assert len(load(live, RATE)) >= RATE // 2
    with pytest.raises(Unreadable, match="claims 8900000"):
        load(claiming(live, b"trun", 8, 89_000_000), RATE)


def test_no_other_decoder_of_ffmpeg_runs() -> None:
    recording = written_by_ffmpeg(song(0.5, RATE), RATE, "mp4", "mp3")

    with pytest.raises(Unreadable, match="holds sound of a kind that is not taken"):
        load(recording, RATE)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{secret}'\n",
        "concat:{secret}",
        "[playlist]\nFile1={secret}\n",
    ],
    ids=["hls", "ffconcat", "protocol", "pls"],
)
@pytest.mark.parametrize("disguise", [b"", b"\x00\x00\x00\x14ftypM4A \x00\x00\x00\x00", b"\xff\xf1"])
def test_a_playlist_opens_nothing(playlist: str, disguise: bytes, tmp_path: Path) -> None:
    secret = tmp_path / "secret.m4a"
    secret.write_bytes(M4A)
    path = tmp_path / "song.m4a"
    path.write_bytes(disguise + playlist.format(secret=secret).encode())

    with pytest.raises(Unreadable, match=r"song\.m4a is not a recording that can be read"):
        load(path, RATE)


def test_a_path_is_never_taken_for_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("concat:song.m4a|song.m4a")
    path.write_bytes(M4A)

    assert len(load(path, RATE)) == len(load(M4A, RATE))


@pytest.mark.parametrize("container", AAC_IN)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_recording_that_breaks_off_gives_its_beginning_or_is_refused(container: str, share: float) -> None:
    whole = ENCODED[container]
    try:
        samples = load(whole[: int(share * len(whole))], RATE)
    except Unreadable:
        return
    assert 0 < len(samples) <= RATE // 2 + PRIMING


def test_what_breaks_in_the_middle_is_refused() -> None:
    recording = bytearray(ENCODED["adts"])
    middle = len(recording) // 2
    recording[middle : middle + 400] = bytes(range(200)) * 2

    with pytest.raises(Unreadable, match="cannot be decoded"):
        load(bytes(recording), RATE)


@given(
    st.sampled_from(AAC_IN),
    st.lists(st.tuples(st.floats(0, 1) | st.floats(0.8, 1), st.integers(0, 255)), min_size=1, max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_whatever_damage_a_recording_took_it_gives_sound_within_the_limits_or_is_refused(
    container: str, damage: list[tuple[float, int]]
) -> None:
    recording = bytearray(ENCODED[container])
    for where, value in damage:
        recording[int(where * (len(recording) - 1))] = value
    try:
        samples, rate = decode(bytes(recording), Limits(max_seconds=1))
    except Unreadable:
        return
    assert 0 < len(samples) <= rate
    assert np.isfinite(samples).all()
