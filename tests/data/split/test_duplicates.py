"""Copies are found among strangers, whatever the order, and strangers are not taken for copies."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.audio.decode import decode
from silencio.audio.fingerprint import Print, fingerprint
from silencio.data.catalog import DUPLICATES
from silencio.data.split.duplicates import FEWEST, near_duplicates, similar
from tests.real import recordings


def stranger(seed: int, words: int = 70) -> Print:
    """Words that change little from one to the next, as a print's do."""
    chance = np.random.default_rng(seed)
    flips = chance.integers(1, 2**32, (words, 2), dtype=np.uint32)
    return np.bitwise_xor.accumulate(flips[:, 0] & flips[:, 1])


def copy_of(words: Print, seed: int, wrong: float = 0.12, start: int = 0) -> Print:
    """Of so many bits, a share is wrong."""
    flipped = np.random.default_rng(seed).random((len(words) - start, 32)) < wrong
    return words[start:] ^ np.packbits(flipped, axis=1).view(np.uint32).ravel()


def pairs(found: pl.DataFrame) -> set[tuple[str, str]]:
    return set(found.select("recording", "other").iter_rows())


STRANGERS = {f"r{n}": stranger(n) for n in range(60)}


class TestNearDuplicates:
    def test_copies_are_found_and_strangers_are_not(self) -> None:
        copies = {f"copy of r{n}": copy_of(STRANGERS[f"r{n}"], n, start=n) for n in range(20)}

        found = near_duplicates(STRANGERS | copies)

        assert found.schema == DUPLICATES
        assert pairs(found) == {(f"copy of r{n}", f"r{n}") for n in range(20)}
        assert found["similarity"].is_between(0.6, 0.9).all()

    def test_the_order_of_prints_means_nothing(self) -> None:
        prints = STRANGERS | {"a": copy_of(STRANGERS["r1"], 1), "z": copy_of(STRANGERS["r1"], 2)}

        found = near_duplicates(prints)

        assert pairs(found) == {("a", "r1"), ("r1", "z"), ("a", "z")}
        assert near_duplicates(dict(reversed(prints.items()))).equals(found)

    def test_of_many_equal_prints_each_is_paired_with_the_first(self) -> None:
        found = near_duplicates(STRANGERS | dict.fromkeys(("r5b", "a"), STRANGERS["r5"]))

        assert found.rows() == [("a", "r5", 1.0), ("a", "r5b", 1.0)]

    def test_short_recordings_are_found_only_if_they_are_equal(self) -> None:
        short = stranger(1, words=4)
        nearly = short ^ np.array([0, 0, 1, 0], np.uint32)

        assert near_duplicates({"a": short, "b": short, "c": nearly}).rows() == [("a", "b", 1.0)]

    def test_what_tells_nothing_is_like_nothing(self) -> None:
        silent = {name: np.zeros(60, np.uint32) for name in ("a", "b")}
        empty = {name: np.empty(0, np.uint32) for name in ("c", "d")}

        assert near_duplicates(silent | empty).is_empty()

    def test_silence_in_common_is_nothing_in_common(self) -> None:
        silence = np.zeros(200, np.uint32)
        padded = {name: np.concatenate([stranger(n), silence]) for n, name in enumerate("abc")}

        assert near_duplicates(padded).is_empty()

    def test_no_prints_have_no_duplicates(self) -> None:
        assert near_duplicates({}).schema == DUPLICATES


class TestSimilarity:
    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10_000), words=st.integers(1, 80), wrong=st.floats(0, 0.5))
    def test_it_lies_between_nothing_and_one_and_does_not_depend_on_who_comes_first(
        self, seed: int, words: int, wrong: float
    ) -> None:
        one = stranger(seed, words)
        other = copy_of(one, seed, wrong)

        similarity = similar(one, other)

        assert similarity == pytest.approx(similar(other, one))
        assert 0 <= similarity <= 1

    def test_bits_that_never_change_count_for_nothing(self) -> None:
        # As of bands that a low rate cannot hold.
        low = np.uint32(0xFFFF)

        assert similar(stranger(1) & low, stranger(2) & low) == 0

    def test_too_few_words_tell_nothing(self) -> None:
        one = stranger(1)

        assert similar(one[: FEWEST - 1], one[: FEWEST - 1]) == 0
        assert similar(one[:FEWEST], one[:FEWEST]) == pytest.approx(1)


def real_prints(pattern: str) -> dict[str, Print]:
    return {path.name: fingerprint(*decode(path)) for path in recordings(*pattern.split("/", 1))}


class TestRealRecordings:
    def test_esc10s_own_folds_leak_in_one_place(self) -> None:
        """Two takes of one crying baby, uploaded apart, overlap by four seconds and are in folds 3 and 5."""
        prints = real_prints("esc10/004*/*.ogg") | real_prints("esc10/010*/*.ogg")

        found = near_duplicates(prints)

        assert pairs(found) == {
            ("2-28314-A.ogg", "2-30322-A.ogg"),  # a fire, in one fold
            ("3-151080-A.ogg", "5-151085-A.ogg"),
        }

    def test_no_two_field_recordings_of_one_day_at_one_place_are_the_same(self) -> None:
        assert near_duplicates(real_prints("soundscapes/*.wav")).is_empty()

    def test_digits_of_one_speaker_are_not_the_same(self) -> None:
        assert near_duplicates(real_prints("fsdd/*_lucas_?.wav")).is_empty()
