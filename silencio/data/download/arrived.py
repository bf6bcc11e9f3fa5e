"""What arrived becomes a WAV if it is a recording, whatever the server called it."""

from pathlib import Path

import soundfile

from silencio.audio.decode import Limits, decode


def into_wav(arrived: Path, wav: Path, limits: Limits) -> None:
    """All of it is decoded; the WAV is mono, at the recording's own rate, and appears whole or not at all.

    Raises Unreadable if it is no recording.
    """
    # As bytes: neither its name nor anything beside it has a say in how it is read.
    samples, rate = decode(arrived.read_bytes(), limits)
    fresh = arrived.with_name(f"{arrived.name}.wav")
    soundfile.write(fresh, samples, rate, subtype="PCM_16", format="WAV")
    fresh.replace(wav)


def is_whole(wav: Path) -> bool:
    """Whether a WAV is there with as many bytes as its head says. That it can be decoded was seen when it came."""
    if not wav.is_file():
        return False
    with wav.open("rb") as stream:
        head = stream.read(12)
    return (
        head[:4] == b"RIFF"
        and head[8:] == b"WAVE"
        and int.from_bytes(head[4:8], "little") + 8 == wav.stat().st_size
    )
