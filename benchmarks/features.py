"""How fast the feature path is beside librosa: python -m benchmarks.features [--quick]

A window of 5 s at 32 kHz, n_fft 1024, hop 320, 128 bands, in decibels, on one thread.
"""

import sys

import librosa
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.report import in_turn, publish
from silencio.audio import LogMel
from silencio.settings import FrontEnd


def main() -> None:
    front_end = FrontEnd()
    log_mel = LogMel(front_end)
    samples = np.random.default_rng(0).standard_normal(front_end.window_samples).astype(np.float32)

    def reference() -> None:
        power = librosa.feature.melspectrogram(
            y=samples,
            sr=front_end.sample_rate,
            n_fft=front_end.n_fft,
            hop_length=front_end.hop_length,
            n_mels=front_end.n_mels,
            fmin=front_end.fmin,
            fmax=front_end.fmax,
        )
        librosa.power_to_db(power, top_db=front_end.top_db)

    with threadpool_limits(1):
        seconds = in_turn(
            {"librosa": reference, "silencio": lambda: log_mel.decibels(samples)},
            repeats=40 if "--quick" in sys.argv else 400,
        )
    ratio = seconds["librosa"] / seconds["silencio"]
    milliseconds = {name: 1000 * s for name, s in seconds.items()}
    publish("features", {"mel_vs_librosa_1thread": ratio}, milliseconds, "ms a window")


if __name__ == "__main__":
    main()
