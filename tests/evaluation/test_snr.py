from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from silencio.audio import LogMel
from silencio.data.reserve.recordings import plan_recordings, render_recording, score_recording
from silencio.data.reserve.score import bouts
from silencio.evaluation.snr import estimated_snr, standing_out
from silencio.settings import FrontEnd, Reserve
from tests.training.augment.recorded import KINDS, Recorded
from tests.training.eras import altered

FRONT_END = FrontEnd(n_mels=64, hop_length=800)
RESERVE = Reserve(species=4, recordings_per_species=12, recordists=4, overlap=0)


def test_the_clearer_a_call_of_the_reserve_is_the_more_it_stands_out() -> None:
    log_mel, seconds = LogMel(FRONT_END), 5 * FRONT_END.sample_rate
    estimates, known = [], []
    for recording in plan_recordings(RESERVE):
        calls = score_recording(recording)
        audible = [b.snr_db for b in bouts(calls, recording.samples) if b.start < 4]
        if audible:
            estimates.append(standing_out(log_mel.decibels(render_recording(recording, calls)[:seconds])))
            known.append(max(audible))

    assert len(known) > 30
    assert spearmanr(estimates, known).statistic > 0.7


def picture(shape: tuple[int, ...], db: float) -> NDArray[np.float64]:
    """Noise at -60 dB, and a call of a fifth of the time in some of its bands."""
    sound = np.random.default_rng(3).normal(-60, 1.5, shape)
    frames = shape[-1] // 5
    sound[..., 5:9, 3 : 3 + frames] = -60 + db
    return sound


@pytest.mark.parametrize("db", [12.0, 25.0])
def test_a_call_stands_out_by_what_it_is_above_the_background(db: float) -> None:
    assert standing_out(picture((32, 50), db)) == pytest.approx(db, abs=1)


def test_mere_noise_does_not_stand_out() -> None:
    assert standing_out(np.random.default_rng(1).normal(-60, 1, (32, 50))) == 0
    assert standing_out(np.full((8, 20), -100.0)) == 0


@pytest.mark.parametrize("kind", ["standard", "unit", "none", "image"])
def test_stored_pictures_are_decibels_again_whatever_their_scale(tmp_path: Path, kind: str) -> None:
    recorded = Recorded(KINDS[kind])
    shape = recorded.front_end.shape
    for number, db in enumerate((10.0, 20.0, 30.0)):
        recorded.add(f"r{number}", decibels=[picture(shape, db)], part="test")
    windows = recorded.lesson(tmp_path / "windows").windows

    assert estimated_snr(windows, np.array([2, 0, 1])) == pytest.approx([30, 10, 20], abs=1)


def test_coefficients_say_nothing(tmp_path: Path) -> None:
    recorded = Recorded(KINDS["mfcc"])
    recorded.add("r", part="test")
    assert estimated_snr(recorded.lesson(tmp_path / "windows").windows, np.array([0])) is None


def test_the_silence_that_a_short_recording_is_padded_with_is_no_background(tmp_path: Path) -> None:
    recorded = Recorded(KINDS["standard"])
    sound = picture(recorded.front_end.shape, 20)
    sound[:, recorded.front_end.frames * 2 // 5 :] = -100
    recorded.add("short", decibels=[sound], part="test")
    windows = recorded.lesson(tmp_path / "windows").windows
    seconds = recorded.front_end.window_seconds * 2 / 5

    windows = altered(windows, {"duration": pl.lit(seconds)})

    # Against the silence it would be 60.
    assert estimated_snr(windows, np.array([0])) == pytest.approx([20], abs=4)
