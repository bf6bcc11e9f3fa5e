"""What a model sees: pictures, coefficients and images, on the scale that the front end asks for."""

from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from silencio.audio import Features, LogMel
from silencio.audio.image import Resize
from silencio.audio.mfcc import Mfcc
from silencio.settings import FrontEnd
from tests.audio.conftest import SMALL, front_ends, song

SOUND = np.stack([song(1, 16_000, seed) for seed in range(3)])
SILENCE = np.zeros((1, 16_000), np.float32)

KINDS: dict[str, dict[str, Any]] = {
    "log_mel": {},
    "log_mel, unit": {"normalize": "unit"},
    "log_mel, fixed": {"normalize": "fixed"},
    "log_mel, none": {"normalize": "none"},
    "image": {"features": "image"},
    "image, unit": {"features": "image", "normalize": "unit"},
    "image, fixed": {"features": "image", "normalize": "fixed"},
    "mfcc": {"features": "mfcc"},
    "mfcc, none": {"features": "mfcc", "normalize": "none"},
    "mfcc, padded": {"features": "mfcc", "padded_frames": 200},
    "mfcc, cut": {"features": "mfcc", "padded_frames": 10},
    "mfcc, mean": {"features": "mfcc", "normalize": "none", "aggregate": "mean"},
    "mfcc, mean and deviation": {"features": "mfcc", "normalize": "none", "aggregate": "mean_std"},
}


def with_(**changes: Any) -> FrontEnd:
    return FrontEnd.model_validate(SMALL.model_dump() | changes)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def front_end(request: pytest.FixtureRequest) -> FrontEnd:
    return with_(**request.param)


def test_features_have_the_shape_that_the_front_end_says(front_end: FrontEnd) -> None:
    computed = Features(front_end)(SOUND)

    assert computed.shape == (3, *front_end.shape)
    assert computed.dtype == np.float32
    assert computed.std() > 0


def test_features_of_a_window_do_not_depend_on_its_neighbours(front_end: FrontEnd) -> None:
    features = Features(front_end)

    together = features(SOUND)

    for window, alone in zip(SOUND, together, strict=True):
        np.testing.assert_array_equal(features(window[None])[0], alone)


@given(st.floats(-(2.0**31), 2.0**31, width=32))
@settings(max_examples=10, deadline=None)
@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS.keys())
def test_no_sound_that_decoding_lets_through_gives_features_of_no_numbers(
    changes: dict[str, Any], peak: float
) -> None:
    samples = np.full((1, 16_000), peak, np.float32)
    samples[0, ::2] *= -1

    assert np.isfinite(Features(with_(**changes))(samples)).all()


@pytest.mark.parametrize("kind", ["log_mel", "image"])
def test_a_standardized_picture_has_mean_0_and_deviation_1(kind: str) -> None:
    pictures = Features(with_(features=kind))(SOUND).reshape(3, -1)

    np.testing.assert_allclose(pictures.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(pictures.std(axis=1), 1, atol=1e-3)


@given(st.floats(1e-3, 100), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_loudness_leaves_no_trace_in_a_standardized_picture(gain: float, seed: int) -> None:
    samples, features = song(1, 16_000, seed)[None], Features(SMALL)

    np.testing.assert_allclose(features(np.float32(gain) * samples), features(samples), atol=2e-3)


@pytest.mark.parametrize("normalize", ["standard", "unit"])
@pytest.mark.parametrize("kind", ["log_mel", "image"])
def test_silence_is_all_0(kind: str, normalize: str) -> None:
    np.testing.assert_allclose(Features(with_(features=kind, normalize=normalize))(SILENCE), 0, atol=1e-6)


@pytest.mark.parametrize("kind", ["log_mel", "image"])
def test_the_unit_scale_goes_from_top_db_under_the_loudest_to_the_loudest(kind: str) -> None:
    pictures = Features(with_(features=kind, normalize="unit", top_db=20))(SOUND)

    assert pictures.min() >= -1e-6
    assert pictures.max() <= 1 + 1e-6
    if kind == "log_mel":
        expected = LogMel(with_(top_db=20)).decibels(SOUND[0])
        np.testing.assert_allclose(pictures[0], (expected - expected.max() + 20) / 20, atol=1e-5)


@pytest.mark.parametrize("kind", ["log_mel", "image"])
def test_on_the_fixed_scale_what_is_20_decibels_louder_is_1_brighter_everywhere(kind: str) -> None:
    features = Features(with_(features=kind, normalize="fixed"))

    np.testing.assert_allclose(features(np.float32(10) * SOUND), features(SOUND) + 1, atol=1e-4)


def test_the_fixed_scale_is_the_same_for_every_picture() -> None:
    pictures, scale = Features(with_(normalize="fixed")).scaled(np.concatenate([SOUND, SILENCE]))

    assert scale is not None
    assert set(scale.offset_db) == {-30}
    assert set(scale.scale_db) == {20}
    np.testing.assert_allclose(pictures[1], (LogMel(SMALL).decibels(SOUND[1]) + 30) / 20, atol=1e-5)


def test_without_normalization_a_picture_is_in_decibels() -> None:
    np.testing.assert_array_equal(
        Features(with_(normalize="none"))(SOUND)[1], LogMel(SMALL).decibels(SOUND[1])
    )


PICTURES = {kind: changes for kind, changes in KINDS.items() if changes.get("features") != "mfcc"}
STORED = np.float16(2.0**-11)
"""How far float16 may be from what it stands for, as a share of it."""


@pytest.mark.parametrize("changes", PICTURES.values(), ids=PICTURES.keys())
@pytest.mark.parametrize("samples", [SOUND, SILENCE], ids=["sound", "silence"])
def test_a_stored_picture_becomes_decibels_again(
    changes: dict[str, Any], samples: NDArray[np.float32]
) -> None:
    front_end = with_(**changes)
    pictures, scale = Features(front_end).scaled(samples)
    assert scale is not None

    for window, picture, offset, by in zip(samples, pictures, scale.offset_db, scale.scale_db, strict=True):
        expected = LogMel(front_end).decibels(window)
        if front_end.features == "image":
            expected = np.stack(3 * [Resize(*expected.shape, front_end.image_size)(expected)])
        again = picture.astype(np.float16).astype(np.float32) * by + offset
        rounding = STORED * by * np.abs(picture).max() + 1e-4
        np.testing.assert_allclose(again, expected, atol=float(rounding))


def test_coefficients_have_no_scale() -> None:
    assert Features(with_(features="mfcc")).scaled(SOUND)[1] is None


def test_a_standardized_picture_is_to_the_bit_what_it_is_defined_as() -> None:
    decibels = LogMel(SMALL).decibels(SOUND[0])
    below = decibels - decibels.max()

    expected = (below - below.mean()) / (below.std() + np.float32(1e-3))

    np.testing.assert_array_equal(Features(SMALL)(SOUND)[0], expected)


@pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=.* is too large")
@given(front_ends(), st.integers(4, 40), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_coefficients_equal_librosas(drawn: FrontEnd, n_mfcc: int, seed: int) -> None:
    n_mfcc = min(n_mfcc, drawn.n_mels)
    front_end = drawn.model_copy(update={"features": "mfcc", "n_mfcc": n_mfcc, "normalize": "none"})
    samples = song(front_end.window_seconds, front_end.sample_rate, seed)
    decibels = LogMel(front_end).decibels(samples)

    ours = Mfcc(LogMel(front_end)).coefficients(samples)

    np.testing.assert_allclose(ours, librosa.feature.mfcc(S=decibels, n_mfcc=n_mfcc), rtol=1e-4, atol=1e-3)
    theirs = librosa.feature.mfcc(
        y=samples,
        sr=front_end.sample_rate,
        n_mfcc=n_mfcc,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        n_mels=front_end.n_mels,
        fmin=front_end.fmin,
        fmax=front_end.fmax,
    )
    if front_end.top_db == 80:
        # Rounding far below the loudest is another one in librosa; the transform sums it over all bands.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=0.01 * np.abs(theirs).max())


def heard(kind: dict[str, Any], samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features of a window that is padded after so many samples; and its own coefficients, [n_mfcc, frames]."""
    front_end = with_(features="mfcc", **kind)
    window = np.where(np.arange(16_000) < samples, SOUND[:1], 0)
    computed = Features(front_end)(window, np.array([samples]))[0]
    return computed, Mfcc(LogMel(front_end)).coefficients(window[0, :samples])


def test_coefficients_of_padding_are_0() -> None:
    computed, own = heard({"normalize": "none", "padded_frames": 200}, 5_000)

    np.testing.assert_array_equal(computed[:, : own.shape[1]], own)
    assert computed.shape[1] == 200
    assert not computed[:, own.shape[1] :].any()


def test_normalized_coefficients_have_mean_0_and_deviation_1_where_there_is_sound() -> None:
    computed, own = heard({}, 5_000)

    sounding = computed[:, : own.shape[1]]
    np.testing.assert_allclose(sounding.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(sounding.std(axis=1), 1, atol=1e-2)
    assert not computed[:, own.shape[1] :].any()


def test_padding_has_no_part_in_means_and_deviations() -> None:
    computed, own = heard({"normalize": "none", "aggregate": "mean_std"}, 5_000)

    np.testing.assert_allclose(computed, [*own.mean(axis=1), *own.std(axis=1)], rtol=1e-5)
    only_mean, _ = heard({"normalize": "none", "aggregate": "mean"}, 5_000)
    np.testing.assert_array_equal(only_mean, computed[: len(only_mean)])


def test_coefficients_of_silence_are_0_once_normalized() -> None:
    np.testing.assert_allclose(Features(with_(features="mfcc"))(SILENCE), 0, atol=1e-3)


@given(st.integers(2, 300), st.integers(2, 300), st.integers(2, 256), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_pictures_are_resized_as_pillow_does(height: int, width: int, size: int, seed: int) -> None:
    picture = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)

    resized = Resize(height, width, size)(picture)

    theirs = Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(resized, np.asarray(theirs), atol=1e-4)


def test_an_image_is_the_picture_resized_in_three_equal_channels() -> None:
    image = Features(with_(features="image", normalize="none"))(SOUND)[0]

    picture = LogMel(SMALL).decibels(SOUND[0])
    assert image.shape == (3, 224, 224)
    for channel in image:
        np.testing.assert_array_equal(channel, Resize(*SMALL.shape, 224)(picture))
