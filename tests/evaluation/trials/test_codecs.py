import numpy as np
import pytest
from numpy.fft import irfft, rfft

from silencio.audio.decode import Samples
from silencio.evaluation.trials.codecs import CODECS, re_encoded
from silencio.settings import Evaluation


def chirp(rate: int) -> Samples:
    time = np.arange(2 * rate) / rate
    noise = 0.005 * np.random.default_rng(0).standard_normal(len(time))
    return (0.3 * np.sin(2 * np.pi * (500 * time + 400 * time**2)) + noise).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 32_000, 48_000])
@pytest.mark.parametrize("name", CODECS)
def test_it_comes_back_as_long_in_the_same_place_a_little_different(name: str, rate: int) -> None:
    sound = chirp(rate)

    back = re_encoded(sound, rate, name)

    assert back.shape == sound.shape
    assert back.dtype == np.float32
    assert not np.allclose(back, sound, atol=1e-4)
    assert np.corrcoef(back, sound)[0, 1] > 0.8
    assert abs(lag(back, sound)) <= 2 + rate // 8_000


def lag(one: Samples, other: Samples) -> int:
    """Samples that one comes later than the other."""
    size = 2 * len(one)
    together = irfft(rfft(one, size) * np.conj(rfft(other, size)), size)
    at = int(np.argmax(together))
    return at if at < len(one) else at - size


@pytest.mark.parametrize("name", CODECS)
def test_the_same_sound_comes_back_the_same(name: str) -> None:
    np.testing.assert_array_equal(
        re_encoded(chirp(16_000), 16_000, name), re_encoded(chirp(16_000), 16_000, name)
    )


def test_what_is_louder_than_full_scale_is_cut() -> None:
    loud = 4 * chirp(16_000)
    np.testing.assert_array_equal(
        re_encoded(loud, 16_000, "vorbis"), re_encoded(loud.clip(-1, 1), 16_000, "vorbis")
    )


def test_every_codec_of_the_settings_is_there() -> None:
    assert set(Evaluation().trials.codecs) == set(CODECS)
