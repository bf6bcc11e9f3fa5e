"""What the reserve sounds like: its SNR is true, its scenery near a real one's, its Ogg the same each time."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from silencio.data.reserve import mix, ogg
from silencio.data.reserve.background import background
from silencio.data.reserve.microphone import microphone
from silencio.data.reserve.place import place
from silencio.data.reserve.recordings import plan_recordings, render_recording, score_recording
from silencio.settings import Reserve
from tests.real import recordings

RATE = 32_000
OCTAVES = (125, 250, 500, 1000, 2000, 4000)
"""Hz at which the octaves begin that scenery is compared in."""


def band_power(samples: NDArray[np.float32], low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(spectrum[(frequencies >= low) & (frequencies <= high)].sum())


@pytest.mark.parametrize("decibels", [-5, 0, 20])
def test_a_call_is_added_at_the_snr_that_is_asked_for(decibels: float) -> None:
    """Held against powers measured another way: over the whole signal, in a band that is known beforehand."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, 5 * RATE).astype(np.float32)
    spectrum = np.fft.rfft(rng.normal(0, 1, 2 * RATE))
    frequencies = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    spectrum[(frequencies < 2000) | (frequencies > 4000)] = 0
    call = np.fft.irfft(spectrum).astype(np.float32)
    scene = noise.copy()

    mix.add(scene, noise, call, RATE, decibels)

    added, around = (scene - noise)[RATE : 3 * RATE], noise[RATE : 3 * RATE]
    ratio = 10 * np.log10(band_power(added, 2000, 4000) / band_power(around, 2000, 4000))
    assert ratio == pytest.approx(decibels, abs=0.7)


def test_a_recording_stands_out_of_its_background_by_as_much_as_its_snr_says() -> None:
    """The species' band is louder when it calls than when it does not."""
    songbird = plan_recordings(Reserve(overlap=0, rain=0))[0]
    pitches = [s.pitch * songbird.species.repertoire.pitch for s in songbird.species.repertoire.phrase]

    def contrast(snr_db: float) -> float:
        recording = dataclasses.replace(songbird, snr_db=snr_db)
        samples = render_recording(recording, score_recording(recording))
        frames = samples[: len(samples) // 640 * 640].reshape(-1, 640)
        powers = [band_power(frame, 0.7 * min(pitches), 1.4 * max(pitches)) for frame in frames]
        loud, quiet = np.percentile(powers, [97, 10])
        return float(10 * np.log10(loud / quiet))

    faint, middling, near = contrast(0), contrast(10), contrast(20)

    assert faint < middling < near
    assert near - middling == pytest.approx(10, abs=3)


def scenery(number: int, hour: int = 12, raining: bool = False, streams: float = 0) -> NDArray[np.float32]:
    """Ten seconds of one of many places, through a flat microphone."""
    ground, flat = place(1, number, streams), microphone(1, 0, colour=0)
    return background(ground, flat, hour, raining, 10 * RATE, np.random.default_rng(number))


def octaves(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Power [frames, octaves] of frames of 32 ms."""
    frame = round(0.032 * rate)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame) * np.hanning(frame)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    frequencies = np.fft.rfftfreq(frame, 1 / rate)
    bands = [(frequencies >= low) & (frequencies < 2 * low) for low in OCTAVES]
    return np.stack([power[:, band].mean(axis=1) for band in bands], axis=1)


def slope(power: NDArray[np.float64]) -> float:
    """dB an octave, of what is there in three quarters of the time: the background."""
    decibels = 10 * np.log10(np.percentile(power, 25, axis=0) + 1e-20)
    return float(np.polyfit(np.arange(len(OCTAVES)), decibels, 1)[0])


def flicker(power: NDArray[np.float64]) -> float:
    """dB by which the level of the highest octave changes from frame to frame."""
    return float(np.std(10 * np.log10(power[:, -1] + 1e-20)))


def recorded(paths: Sequence[Path]) -> list[NDArray[np.float64]]:
    return [octaves(*soundfile.read(path, dtype="float32")) for path in paths]


def test_rain_patters_where_a_dry_day_hisses() -> None:
    dry = np.median([flicker(octaves(scenery(n), RATE)) for n in range(6)])
    wet = np.median([flicker(octaves(scenery(n, raining=True), RATE)) for n in range(6)])

    assert wet > dry + 0.4


def test_a_stream_lies_on_the_lower_middle_of_the_spectrum() -> None:
    """In dB, 500 to 2000 Hz against all octaves: the loudness of a recording says nothing."""

    def middle(streams: float) -> float:
        levels = [
            10 * np.log10(octaves(scenery(n, 22, streams=streams), RATE).mean(axis=0)) for n in range(6)
        ]
        return float(np.mean([level[2:4].mean() - level.mean() for level in levels]))

    assert middle(1) > middle(0) + 0.5


def test_birds_are_heard_from_afar_at_dawn_more_than_at_noon() -> None:
    def song(hour: int) -> float:
        """How far the frames of 2 to 8 kHz stray in level."""
        return float(
            np.mean([np.std(10 * np.log10(octaves(scenery(n, hour), RATE)[:, 4:])) for n in range(8)])
        )

    assert song(6) > song(12)


def test_the_background_falls_with_frequency_as_it_does_in_the_field() -> None:
    real_slopes = [slope(power) for power in recorded(recordings("soundscapes", "*.wav")[::8])]
    ours = [slope(octaves(scenery(n, hour), RATE)) for n in range(4) for hour in (8, 22)]

    assert np.min(real_slopes) < np.median(ours) < np.max(real_slopes)
    assert np.median(ours) == pytest.approx(np.median(real_slopes), abs=3)


def test_rain_flickers_as_real_rain_does() -> None:
    low, high = np.percentile(
        [flicker(power) for power in recorded(recordings("esc10", "002*/*.ogg")[::3])], [5, 95]
    )

    assert low < np.median([flicker(octaves(scenery(n, raining=True), RATE)) for n in range(6)]) < high


def crc_by_the_book(page: bytes) -> int:
    """RFC 3533, bit by bit: generator polynomial 0x04c11db7, nothing inverted, nothing mirrored."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
    return register


def test_every_page_carries_our_serial_number_and_a_valid_checksum() -> None:
    file = ogg.encode((np.sin(np.arange(RATE) / 10) / 2).astype(np.float32))

    pages = list(ogg.pages(file))
    assert len(pages) > 2
    for start, end in pages:
        page = file[start:end]
        assert page[:4] == b"OggS"
        assert int.from_bytes(page[14:18], "little") == ogg.OUR_SERIAL
        bare = page[:22] + bytes(4) + page[26:]
        assert int.from_bytes(page[22:26], "little") == crc_by_the_book(bare)


def test_settling_changes_nothing_that_is_heard(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    drawn, settled = tmp_path / "drawn.ogg", tmp_path / "settled.ogg"
    soundfile.write(drawn, samples, RATE, format="OGG", subtype="VORBIS")

    settled.write_bytes(ogg.settle(drawn.read_bytes()))

    np.testing.assert_array_equal(soundfile.read(drawn)[0], soundfile.read(settled)[0])
