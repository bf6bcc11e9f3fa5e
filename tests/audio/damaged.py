"""Decode damaged recordings in a process of its own, whose crash harms nobody.

python -m tests.audio.damaged EXAMPLES SEED FILE

FILE always holds what is being decoded: after a crash, it is the recording to look at.
"""

import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from silencio.audio import Limits, Unreadable
from silencio.audio.decode import decode
from tests.audio.conftest import AAC_IN, song, written, written_by_ffmpeg

RATE = 16_000
LIMITS = Limits(max_bytes=1 << 20, max_seconds=2.0, max_decoded_bytes=1 << 20)
MEMORY = 8 << 30
"""Of addresses, which are not all memory: a decoder that believes a forged length asks for more."""


def whole() -> Mapping[str, bytes]:
    """A short recording of every kind that is taken."""
    sound = song(0.4, RATE)
    kinds = {
        "wav": written(sound, RATE),
        "wav of floats": written(sound, RATE, "WAV", "FLOAT"),
        "wav of IMA ADPCM": written(sound, RATE, "WAV", "IMA_ADPCM"),
        "wav of µ-law": written(sound, RATE, "WAV", "ULAW"),
        "stereo wav": written(np.stack([sound, sound], axis=1), RATE),
        "flac": written(sound, RATE, "FLAC"),
        "vorbis": written(sound, RATE, "OGG", "VORBIS"),
        "opus": written(sound, RATE, "OGG", "OPUS"),
        "mp3": written(sound, RATE, "MP3"),
        "alac": written_by_ffmpeg(sound, RATE, "ipod", "alac"),
    }
    return kinds | {f"aac in {container}": written_by_ffmpeg(sound, RATE, container) for container in AAC_IN}


def damage(recording: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """As lines, disks and attackers do it: bytes changed, cut out, doubled, or taken from another kind."""
    damaged = bytearray(recording)
    for _ in range(rng.integers(1, 6)):
        at = int(len(damaged) * rng.random() ** 2)  # headers are near the beginning
        length = int(rng.integers(1, 200))
        match rng.integers(5):
            case 0:
                damaged[at : at + 1] = rng.bytes(1)
            case 1:
                damaged[at : at + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", rng.bytes(4)])
            case 2:
                del damaged[at : at + length]
            case 3:
                damaged[at:at] = damaged[at : at + length]
            case _:
                damaged[at : at + length] = other[at : at + length]
    return bytes(damaged)


def main(examples: int, seed: int, file: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    rng, kinds = np.random.default_rng(seed), list(whole().values())
    heard = refused = 0
    for number in range(examples):
        other = kinds[rng.integers(len(kinds))]
        recording = damage(kinds[number % len(kinds)], other, rng)
        file.write_bytes(recording)
        try:
            samples, rate = decode(recording, LIMITS)
        except Unreadable:
            refused += 1
            continue
        assert 0 < len(samples) <= 2 * rate
        assert np.isfinite(samples).all()
        heard += 1
    print(heard, refused)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
