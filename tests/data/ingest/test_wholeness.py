"""A recording that was cut short is told from a whole one, unless the cut fell just between two pages of an Ogg."""

import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from silencio.data.ingest.kinds import found
from silencio.data.ingest.wholeness import is_cut_short
from tests.data.conftest import aac, sound

WHOLE = {
    "WAV": sound(format="WAV"),
    "WAV of floats": sound(format="WAV", subtype="FLOAT"),
    "RF64": sound(format="RF64"),
    "AIFF": sound(format="AIFF"),
    "Vorbis": sound(),
    "Opus": sound(format="OGG", subtype="OPUS"),
    "MP4": aac(),
}


@pytest.mark.parametrize("recording", WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_recording_is_whole(recording: bytes) -> None:
    assert not is_cut_short(recording, found(recording))


@pytest.mark.parametrize("recording", WHOLE.values(), ids=WHOLE.keys())
@given(share=st.floats(0.5, 0.99))
def test_a_recording_that_lacks_its_end_is_cut_short(recording: bytes, share: float) -> None:
    end = round(share * len(recording))
    assume(recording[end : end + 4] != b"OggS")
    cut = recording[:end]

    assert is_cut_short(cut, found(cut))


@pytest.mark.parametrize("letters", [1, 2, 3])
def test_a_page_that_hardly_begins_is_cut_short(letters: int) -> None:
    recording = WHOLE["Vorbis"]
    cut = recording[: recording.rfind(b"OggS") + letters]
    assert is_cut_short(cut, found(cut))


@pytest.mark.parametrize("recording", WHOLE.values(), ids=WHOLE.keys())
def test_what_others_append_does_not_make_it_cut_short(recording: bytes) -> None:
    assert not is_cut_short(recording + bytes(100), found(recording))


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_F000])
def test_a_wav_that_was_written_into_a_pipe_does_not_know_its_length(size: int) -> None:
    recording = sound(format="WAV")
    data = recording.index(b"data")

    assert not is_cut_short(recording[: data + 4] + struct.pack("<I", size) + recording[data + 8 :], "WAV")


@given(st.binary(), st.sampled_from(["WAV", "AIFF", "OGG", "MP4", "MP3", None]))
def test_no_bytes_are_an_error(recording: bytes, kind: str | None) -> None:
    is_cut_short(recording, kind)
