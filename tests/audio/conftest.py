"""Sounds, and how to write them in every format that is taken."""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from hypothesis import strategies as st
from numpy.typing import NDArray

from silencio.settings import FrontEnd

FORMATS = ("WAV", "FLAC", "OGG", "MP3")
AAC_IN = ("ipod", "mp4", "3gp", "mov", "adts")
"""Containers, by FFmpeg's names: .m4a, .mp4, .3gp, .mov and .aac."""


def song(seconds: float, rate: int, seed: int = 1) -> NDArray[np.float32]:
    """A rising whistle in a little wind, [samples]."""
    at = np.arange(round(seconds * rate)) / rate
    wind = np.random.default_rng(seed).standard_normal(len(at))
    return (0.3 * np.sin(2 * np.pi * (400 + 300 * at) * at) + 0.02 * wind).astype(np.float32)


def written(
    samples: NDArray[np.float32], rate: int, format: str = "WAV", subtype: str | None = None
) -> bytes:
    """`samples` are [samples] or [samples, channels]."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


def written_by_ffmpeg(
    samples: NDArray[np.float32], rate: int, container: str, codec: str = "aac", **options: str
) -> bytes:
    """`samples` are [samples] or [samples, channels]; written as phones and FrogID's server write them."""
    planes = np.atleast_2d(samples.T)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(planes)]
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as sink:
        track: Any = sink.add_stream(codec, rate=rate, layout=layout)
        fifo = av.AudioFifo()
        fifo.write(_frame(planes, rate, layout, track.format.name))
        while piece := fifo.read(track.codec_context.frame_size or 1024, partial=True):
            sink.mux(track.encode(piece))
        sink.mux(track.encode(None))
    return file.getvalue()


def _frame(planes: NDArray[np.float32], rate: int, layout: str, format: str) -> av.AudioFrame:
    scale = {"fltp": 1, "s16p": 2**15 - 1, "s32p": 2**31 - 1, "flt": 1}[format]
    kind = {"fltp": np.float32, "s16p": np.int16, "s32p": np.int32, "flt": np.float32}[format]
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(planes.astype(np.float64) * scale, dtype=kind), format=format, layout=layout
    )
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
    return frame


@pytest.fixture(params=FORMATS, name="format")
def each_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


SMALL = FrontEnd(sample_rate=16_000, window_seconds=1, hop_seconds=1, hop_length=400, n_mels=48, fmax=8_000)


@st.composite
def front_ends(draw: st.DrawFn) -> FrontEnd:
    rate = draw(st.sampled_from([8_000, 16_000, 22_050, 32_000, 48_000]))
    window = draw(st.floats(0.2, 1.5))
    fmax = draw(st.floats(1_000, rate / 2))
    return FrontEnd(
        sample_rate=rate,
        window_seconds=window,
        hop_seconds=window,
        n_fft=draw(st.sampled_from([64, 256, 400, 512, 1000, 1024, 2048, 4096])),
        hop_length=draw(st.integers(50, 1500)),
        n_mels=draw(st.integers(4, 128)),
        fmin=draw(st.floats(0, 900)),
        fmax=fmax,
        top_db=draw(st.sampled_from([20.0, 80.0])),
    )
