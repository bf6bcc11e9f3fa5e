from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from silencio.audio import Features
from silencio.errors import SilencioError
from silencio.monitoring.from_audio import HeardInFiles, Recorded
from silencio.monitoring.reference import FILE, Reference
from silencio.monitoring.spectrum import BANDS, CALL_BANDS, colour, edges, heights_of
from silencio.settings import FrontEnd
from tests.bundles import TONES, make_bundle, tone
from tests.monitoring.days import FIRST, Forest
from tests.monitoring.samples import windows_in


def test_a_reference_reads_back_as_it_was_written(tmp_path: Path) -> None:
    reference = Forest(1).reference()
    reference.write(tmp_path)
    assert Reference.read(tmp_path) == reference


def test_a_bundle_of_before_has_none(tmp_path: Path) -> None:
    assert Reference.read(tmp_path) is None


def test_one_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(SilencioError, match=FILE):
        Reference.read(tmp_path)


def test_equal_recordings_give_an_equal_reference() -> None:
    assert Forest(3).reference() == Forest(3).reference()


def test_bands_cover_the_front_end_without_gap_or_overlap() -> None:
    found = edges(FrontEnd(fmin=50, fmax=16_000), BANDS)
    assert (found[0][0], found[-1][1]) == (50, 16_000)
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]


@pytest.mark.parametrize("normalize", ["standard", "unit", "fixed", "none"])
def test_however_pictures_are_scaled_the_bands_are_the_same(normalize: str) -> None:
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 0.1, 5 * 16_000).astype(np.float32)
    told = []
    for way in ("none", normalize):
        front_end = FrontEnd(sample_rate=16_000, n_mels=32, fmax=8000, normalize=way)  # type: ignore[arg-type]
        features, scale = Features(front_end).scaled(windows_in(samples, front_end))
        heights = heights_of(features, scale, front_end)
        assert heights is not None
        told.append(heights)
    np.testing.assert_allclose(told[0].quiet, told[1].quiet, atol=0.05)
    np.testing.assert_allclose(told[0].calls, told[1].calls, atol=0.05)
    assert (len(told[0].quiet), len(told[0].calls)) == (BANDS, CALL_BANDS)


def test_how_loud_the_whole_is_has_no_colour() -> None:
    bands = np.arange(8.0)
    np.testing.assert_allclose(colour(bands), colour(bands + 30))


def test_features_that_are_no_picture_tell_no_bands() -> None:
    front_end = FrontEnd(features="mfcc")
    assert heights_of(np.zeros((1, 20, 501), np.float32), None, front_end) is None


def test_recordings_on_disk_are_heard_once_and_those_that_are_gone_tell_nothing(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    for code in TONES:
        (tmp_path / f"{code}.wav").write_bytes(tone(code))
    recorded = [
        Recorded(tmp_path / f"{code}.wav", FIRST + timedelta(days=k), "Ana", code)
        for k, code in enumerate(TONES)
    ]
    gone = Recorded(tmp_path / "gone.wav", FIRST + timedelta(days=9))
    heard = HeardInFiles(bundle, [*recorded, gone], tmp_path / "memory")
    first = list(heard.since(datetime.min))
    assert [(one.surest, one.right, one.recorder) for one in first] == [(code, True, "Ana") for code in TONES]
    for path in tmp_path.glob("*.wav"):
        path.unlink()
    again = list(heard.since(FIRST + timedelta(days=1)))
    assert [one.surest for one in again] == list(TONES)[1:]
    assert first[1].heights is not None
    assert again[0].heights is not None
    np.testing.assert_array_equal(again[0].heights.calls, first[1].heights.calls)
