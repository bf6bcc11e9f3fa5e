"""Sound as it comes back from a lossy file: encoded and decoded again, as long and in the same place as before."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from silencio.audio.decode import Samples, load


@dataclass(frozen=True)
class Codec:
    format: str
    """By libsndfile's names, as is the subtype."""
    subtype: str
    level: float
    """Of compression, from 0 to 1."""
    rates: tuple[int, ...] = ()
    """Hz that it takes; none: all."""
    mode: str | None = None
    """Of the bit rate, where the format has several."""


MPEG_RATES = (32_000, 44_100, 48_000)
"""Those of MPEG-1: at lower ones, what libsndfile's encoder writes its decoder finds broken now and then."""
# At a low constant bit rate, MP3 has no room for the header that tells the decoder how much came in front.
CODECS: Mapping[str, Codec] = {
    "vorbis": Codec("OGG", "VORBIS", 1.0),
    "opus": Codec("OGG", "OPUS", 0.9, (8_000, 12_000, 16_000, 24_000, 48_000)),
    "mp3": Codec("MP3", "MPEG_LAYER_III", 0.85, MPEG_RATES, "AVERAGE"),
    "mp3_low": Codec("MP3", "MPEG_LAYER_III", 0.95, MPEG_RATES, "AVERAGE"),
}
"""At 32 kHz they take about 50, 33, 71 and 46 kbit/s, measured on windows of soundscapes and on a rising tone."""


def re_encoded(sound: Samples, rate: int, name: str) -> Samples:
    """[samples] at `rate` in Hz, and so the answer. What is louder than full scale is cut, as a file would."""
    codec = CODECS[name]
    coded = min((r for r in codec.rates if r >= rate), default=max(codec.rates, default=rate))
    given = sound if coded == rate else soxr.resample(sound, rate, coded, quality="HQ")
    file = _encode(np.clip(given, -1, 1), coded, codec)
    back = load(file, coded)
    if coded != rate:
        back = np.asarray(soxr.resample(back, coded, rate, quality="HQ"), np.float32)
    return np.pad(back, (0, max(0, len(sound) - len(back))))[: len(sound)]


def _encode(sound: Samples, rate: int, codec: Codec) -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer,
        "w",
        rate,
        1,
        format=codec.format,
        subtype=codec.subtype,
        compression_level=codec.level,
        bitrate_mode=codec.mode,
    ) as file:
        # libvorbis takes what it is given onto the stack: a minute at once overflows it on some systems.
        for start in range(0, len(sound), rate):
            file.write(sound[start : start + rate])
    return buffer.getvalue()
