"""Digits that nobody spoke: each is a tone of its own height, a little noisy, in files named as FSDD names them."""

from pathlib import Path

import numpy as np
import soundfile

from silencio.experiment import read_experiment
from silencio.settings import Experiment

RATE = 8_000
SPEAKERS = ("ana", "ben", "eva")


def speak(folder: Path, takes: int = 4, digits: int = 3) -> Path:
    folder.mkdir(parents=True)
    for number, speaker in enumerate(SPEAKERS):
        for digit in range(digits):
            for take in range(takes):
                generator = np.random.default_rng([number, digit, take])
                tone = np.sin(2 * np.pi * (600 + 800 * digit + 60 * number) * np.arange(RATE // 2) / RATE)
                sound = tone + 0.3 * generator.standard_normal(len(tone))
                soundfile.write(folder / f"{digit}_{speaker}_{take + 1}.wav", 0.2 * sound, RATE)
    return folder


def digits_experiment(folder: Path, text: str = "") -> Experiment:
    return read_experiment(
        "name: spoken\n"
        f"data: {{source: digits, path: '{folder}', split: {{validation: 0, near_duplicates: report}}}}\n"
        "audio: {sample_rate: 8000, window_seconds: 0.5, hop_seconds: 0.5, cutting: whole, n_fft: 256,\n"
        "  hop_length: 400, n_mels: 16, fmax: 4000}\n"
        "model: {architecture: cnn, width: 4, dropout: 0}\n"
        "training: {epochs: 2, batch_size: 8, threads: 1, optimizer: Adam, learning_rate: 0.01,\n"
        "  loss: {name: cross_entropy}, augment: {random_start: false, time_mask: 0, frequency_mask: 0}}\n"
        + text
    )
