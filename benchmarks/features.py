"""How fast the feature path is: python benchmarks/features.py [--quick]

A window of 5 s at 32 kHz, n_fft 1024, hop 320, 128 bands, in decibels: ours, librosa's and torchaudio's, in turn.
Then a real Ogg Vorbis clip of that length from its bytes to its features, beside the two parts of it that nothing
can spare: decoding, and the Fourier transforms alone. `floor_share` is those two by the whole, 1 being the limit.
Everything runs on one thread.
"""

import io
import os
import sys

import librosa
import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from benchmarks.report import in_turn, publish
from silencio.audio import Features, LogMel, windows_of
from silencio.audio.decode import decode
from silencio.audio.lanes import MOST_LANES, transform, turns
from silencio.models.torch_beside import make_importable
from silencio.settings import FrontEnd

FRONT_END = FrontEnd()
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""What each library reads once, when it loads."""


def main() -> None:
    torch.set_num_threads(1)
    samples = whistle()
    log_mel, features, clip = LogMel(FRONT_END), Features(FRONT_END), in_vorbis(samples)
    torchaudio_decibels = by_torchaudio()
    tensor = torch.from_numpy(samples)
    block = np.zeros((2, FRONT_END.n_fft // 2, MOST_LANES), np.float32)
    circle = turns(FRONT_END.n_fft // 2, FRONT_END.n_fft // 2)

    def transforms() -> None:
        for _ in range(-(-FRONT_END.frames // MOST_LANES)):
            transform(block[0], block[1], circle)

    seconds = in_turn(
        {
            "librosa": lambda: by_librosa(samples),
            "torchaudio": lambda: torchaudio_decibels(tensor),
            "silencio": lambda: log_mel.decibels(samples),
            "transforms alone": transforms,
            "Ogg to features": lambda: windows_of(clip, features),
            "decoding alone": lambda: decode(clip),
        },
        repeats=60 if "--quick" in sys.argv else 500,
    )
    publish(
        "features",
        {
            "mel_vs_librosa_1thread": seconds["librosa"] / seconds["silencio"],
            "mel_vs_torchaudio_1thread": seconds["torchaudio"] / seconds["silencio"],
            "clips_per_second_ogg_to_mel_1thread": 1 / seconds["Ogg to features"],
            "floor_share": (seconds["decoding alone"] + seconds["transforms alone"])
            / seconds["Ogg to features"],
        },
        {name: 1000 * s for name, s in seconds.items()},
        "ms a clip of 5 s",
    )


def whistle() -> NDArray[np.float32]:
    """A rising whistle in wind, [samples] of one window."""
    at = np.arange(FRONT_END.window_samples) / FRONT_END.sample_rate
    wind = np.random.default_rng(0).standard_normal(len(at))
    return (0.3 * np.sin(2 * np.pi * (1_000 + 400 * at) * at) + 0.02 * wind).astype(np.float32)


def in_vorbis(samples: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, FRONT_END.sample_rate, format="OGG", subtype="VORBIS")
    return file.getvalue()


def by_librosa(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=FRONT_END.sample_rate,
        n_fft=FRONT_END.n_fft,
        hop_length=FRONT_END.hop_length,
        n_mels=FRONT_END.n_mels,
        fmin=FRONT_END.fmin,
        fmax=FRONT_END.fmax,
    )
    return np.asarray(librosa.power_to_db(power, top_db=FRONT_END.top_db))


def by_torchaudio() -> torch.nn.Module:
    make_importable()
    from torchaudio.transforms import AmplitudeToDB, MelSpectrogram

    return torch.nn.Sequential(
        MelSpectrogram(
            FRONT_END.sample_rate,
            n_fft=FRONT_END.n_fft,
            hop_length=FRONT_END.hop_length,
            n_mels=FRONT_END.n_mels,
            f_min=FRONT_END.fmin,
            f_max=FRONT_END.fmax,
            norm="slaney",
            mel_scale="slaney",
            pad_mode="constant",
        ),
        AmplitudeToDB(top_db=FRONT_END.top_db),
    )


if __name__ == "__main__":
    if not ONE_THREAD.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | ONE_THREAD)
    main()
