"""What a recording is, by its name and by its first bytes."""

from pathlib import PurePath

import pytest

from silencio.data.ingest.kinds import found, is_audio, promised
from tests.data.conftest import sound


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_the_kind_of_a_recording_is_known_by_its_first_bytes(kind: str) -> None:
    assert found(sound(format=kind)[:12]) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypM4A ", "MP4"),
        (b"ID3\x04" + bytes(8), "MP3"),
        (b"\xff\xfb\x90\x00", "MP3"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"\xff\xf9\x50\x80", "AAC"),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_so_is_that_of_others(head: bytes, kind: str | None) -> None:
    assert found(head) == kind


@pytest.mark.parametrize(
    ("name", "kind"), [("a.wav", "WAV"), ("A.WAV", "WAV"), ("b/XC1.Mp3", "MP3"), ("c.m4a", "MP4")]
)
def test_a_name_promises_a_kind_in_upper_or_lower_case(name: str, kind: str) -> None:
    assert is_audio(PurePath(name))
    assert promised(PurePath(name)) == kind


@pytest.mark.parametrize("name", ["README.md", "train.csv", "wav", "a.wav.txt"])
def test_other_names_promise_no_recording(name: str) -> None:
    assert not is_audio(PurePath(name))
    assert promised(PurePath(name)) is None
