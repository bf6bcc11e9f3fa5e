"""Every recording has a part, no group has two, species are dealt evenly, and the order of rows means nothing."""

import re
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.data.split.assign import assign
from silencio.errors import WrongUse
from silencio.settings import Split
from tests.data.rows import DAY, column, crowd, row, site, table
from tests.real import recordings

PARTS = {"train", "validation", "test"}
METHODS = (
    Split(),
    Split(validation=0.1, test=0.2, group_by="source"),
    Split(group_by="session"),
    Split(method="folds", folds=3, fold=3),
    Split(method="time", validation=0.1),
    Split(method="leave_one_out", held_out="Ana", validation=0.1),
)


@st.composite
def catalogs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Clips of Ana and others, sites, unlabelled soundscapes and a guide's word: as unlike as they come."""
    optional = st.none()
    rows = [
        row(
            f"c{n}",
            draw(st.sampled_from(["frog", "bird", "bat"])),
            draw(st.sampled_from(["Ana", "Ben", "Cho", "Dee"]) | optional),
            source=draw(st.sampled_from(["s1", "s2", "s3"]) | optional),
            digest=draw(st.sampled_from(["one", "another", f"own {n}"])),
            recorded_at=draw(st.datetimes(DAY, DAY + timedelta(days=3)) | optional),
            secondary_labels=draw(st.lists(st.sampled_from(["frog", "owl"]), max_size=2)),
        )
        for n in range(draw(st.integers(3, 25)))
    ]
    rows += [site(f"t{n}", draw(st.sampled_from(["A01", "B02"]))) for n in range(draw(st.integers(0, 4)))]
    rows += [row(f"u{n}", None, "A01", labelled="none") for n in range(draw(st.integers(0, 2)))]
    # Five of their own, so that every method has something to deal.
    rows += [row(f"e{n}", "frog", f"E{n}", recorded_at=DAY + timedelta(days=n)) for n in range(5)]
    rows += [row("ana", "bird", "Ana"), row("feedback", "frog", "Ana", origin="feedback")]
    return rows


@pytest.mark.parametrize("split", METHODS, ids=lambda s: f"{s.method} by {s.group_by}")
class TestWhateverTheMethod:
    @settings(max_examples=12, deadline=None)
    @given(rows=catalogs(), seed=st.integers(0, 99))
    def test_everything_has_a_part_and_no_group_has_two(
        self, split: Split, rows: list[dict[str, Any]], seed: int
    ) -> None:
        dealt = assign(table(rows), split, seed)

        assert dealt["id"].to_list() == [r["id"] for r in rows]
        heard = dealt.filter(pl.col("labelled") != "none")
        assert set(heard["part"]) <= PARTS | {"thresholds"}
        assert set(dealt.filter(labelled="none")["part"]) <= {"unlabelled"}
        assert (heard.group_by("group").agg(pl.col("part").n_unique())["part"] == 1).all()
        assert column(dealt, "part")["feedback"] == "train"

    @settings(max_examples=8, deadline=None)
    @given(rows=catalogs(), seed=st.integers(0, 99), random=st.randoms(use_true_random=False))
    def test_the_order_of_rows_means_nothing(
        self, split: Split, rows: list[dict[str, Any]], seed: int, random: Any
    ) -> None:
        dealt = assign(table(rows), split, seed)
        random.shuffle(rows)

        again = assign(table(rows), split, seed)

        assert again.sort("id").equals(dealt.sort("id"))

    @settings(max_examples=8, deadline=None)
    @given(rows=catalogs(), seed=st.integers(0, 99), data=st.data())
    def test_what_sounds_the_same_is_in_one_part(
        self, split: Split, rows: list[dict[str, Any]], seed: int, data: st.DataObject
    ) -> None:
        # Pairs of clips, as the last of what they are drawn from stays apart and can be trained on.
        clips = [r["id"] for r in rows if r["id"][0] == "c"]
        alike = data.draw(st.lists(st.tuples(st.sampled_from(clips), st.sampled_from(clips)), max_size=3))

        dealt = column(assign(table(rows), split, seed, alike), "part")

        assert all(dealt[one] == dealt[other] for one, other in alike)

    @settings(max_examples=8, deadline=None)
    @given(rows=catalogs(), seed=st.integers(0, 99))
    def test_the_same_file_is_in_one_part(self, split: Split, rows: list[dict[str, Any]], seed: int) -> None:
        dealt = assign(table(rows), split, seed).filter(pl.col("id").str.starts_with("c"))

        assert (dealt.group_by("digest").agg(pl.col("part").n_unique())["part"] == 1).all()


class TestShares:
    def test_parts_get_their_shares_where_groups_are_small(self) -> None:
        dealt = assign(table(crowd(20, 10)), Split(validation=0.15, thresholds=0, test=0.2), seed=7)

        assert dict(dealt["part"].value_counts().iter_rows()) == {"train": 130, "validation": 30, "test": 40}

    @settings(max_examples=15, deadline=None)
    @given(sizes=st.lists(st.integers(1, 12), min_size=30, max_size=60), seed=st.integers(0, 99))
    def test_no_part_is_further_off_than_its_smallest_group_could_mend(
        self, sizes: list[int], seed: int
    ) -> None:
        rows = [row(f"{p}-{n}", "frog", f"P{p}") for p, size in enumerate(sizes) for n in range(size)]
        shares = {"train": 0.7, "validation": 0.1, "test": 0.2}

        dealt = assign(table(rows), Split(validation=0.1, thresholds=0, test=0.2), seed)

        over = {p: len(dealt.filter(part=p)) - share * len(rows) for p, share in shares.items()}
        for part in shares:
            groups = dealt.filter(part=part)["group"].value_counts()["count"]
            smallest = groups.min()
            assert isinstance(smallest, int)
            assert len(groups) == 1 or all(over[part] - other <= smallest + 1e-6 for other in over.values())

    def test_species_are_dealt_more_evenly_than_recordings_by_chance(self) -> None:
        # Who records frogs records few birds, and the other way round: chance gives a test part of mostly one.
        rows = [
            row(f"{p}-{n}", "frog" if (p * 7 + n) % 10 < (8 if p % 2 else 1) else "bird", f"P{p}")
            for p in range(30)
            for n in range(10)
        ]

        dealt = assign(table(rows), Split(thresholds=0), seed=3)

        frogs = {p: (dealt.filter(part=p)["primary_label"] == "frog").mean() for p in PARTS}
        whole = (dealt["primary_label"] == "frog").mean()
        assert all(share == pytest.approx(whole, abs=0.03) for share in frogs.values())

    @pytest.mark.parametrize("seed", range(5))
    def test_a_species_that_only_one_recordist_has_is_trained_on(self, seed: int) -> None:
        rows = [*crowd(10, 6, ["frog", "bird"]), row("rare", "bat", "P3"), row("rarer", "owl", "Zoe")]

        dealt = assign(table(rows), Split(thresholds=0), seed)

        assert {"bat", "owl"} <= set(dealt.filter(part="train")["primary_label"])
        assert set(dealt["part"]) == PARTS

    def test_sites_are_there_to_judge_on_and_never_to_train_on(self) -> None:
        rows = [site(f"{name}-{n}", name) for name in ("A", "B", "C", "D") for n in range(6)]

        parts = column(assign(table([*crowd(6, 4), *rows]), Split(thresholds=0), seed=1), "part")

        judged = [parts[r["id"]] for r in rows]
        assert (judged.count("validation"), judged.count("test")) == (12, 12)

    def test_a_share_of_nothing_gets_nothing(self) -> None:
        dealt = assign(table(crowd(6, 4)), Split(validation=0, test=0), seed=1)

        assert set(dealt["part"]) == {"train"}

    def test_the_seed_decides_between_equals(self) -> None:
        rows = table(crowd(12, 10))

        assert len({tuple(assign(rows, Split(), seed)["part"]) for seed in range(5)}) > 1


class TestFolds:
    SPLIT = Split(method="folds", folds=5, fold=5, thresholds=0)

    def test_one_fold_is_tested_and_the_next_validates_the_first_after_the_last(self) -> None:
        dealt = assign(table(crowd(20, 5, ["frog", "bird"])), self.SPLIT, seed=1)

        parts = dict(dealt.select("fold", "part").unique().iter_rows())
        assert parts == {5: "test", 1: "validation", 2: "train", 3: "train", 4: "train"}

    def test_every_fold_has_its_share_of_every_species(self) -> None:
        dealt = assign(table(crowd(20, 10, ["frog", "bird"])), self.SPLIT, seed=1)

        assert set(dealt.group_by("fold", "primary_label").len()["len"]) == {20}

    def test_the_same_folds_are_dealt_whichever_is_tested(self) -> None:
        rows = table(crowd(20, 5))

        dealt = [
            assign(rows, Split(method="folds", fold=fold), seed=1)["fold"].to_list() for fold in (1, 2, 3)
        ]

        assert dealt[0] == dealt[1] == dealt[2]

    def test_more_folds_than_groups_are_refused(self) -> None:
        with pytest.raises(
            WrongUse, match=r"5 folds cannot be dealt from 2 groups \(recordist:P0, recordist:P1\)"
        ):
            assign(table(crowd(2, 9)), self.SPLIT, seed=1)


class TestGivenFolds:
    SPLIT = Split(method="given", fold=2, group_by="source", thresholds=0)

    def rows(self) -> list[dict[str, Any]]:
        return [row(f"{fold}-{n}", source=f"s{fold}{n}", fold=fold) for fold in (1, 2, 4) for n in range(3)]

    def test_they_are_taken_as_they_are(self) -> None:
        dealt = assign(table(self.rows()), self.SPLIT, seed=1)

        assert dict(dealt.select("fold", "part").unique().iter_rows()) == {
            2: "test",
            4: "validation",
            1: "train",
        }

    def test_what_sounds_the_same_is_left_where_it_is(self) -> None:
        dealt = assign(table(self.rows()), self.SPLIT, seed=1, alike=[("1-0", "2-0")])

        assert (column(dealt, "part")["1-0"], column(dealt, "part")["2-0"]) == ("train", "test")

    def test_a_recording_without_one_is_named(self) -> None:
        with pytest.raises(WrongUse, match="2 of 11 recordings come without a fold, lost first"):
            assign(table([*self.rows(), row("lost"), row("lost too")]), self.SPLIT, seed=1)

    def test_a_source_in_two_folds_is_named(self) -> None:
        with pytest.raises(WrongUse, match="source:s10 is in the given folds 1 and 4"):
            assign(table([*self.rows(), row("more", source="s10", fold=4)]), self.SPLIT, seed=1)

    def test_a_fold_that_is_not_there_is_named(self) -> None:
        with pytest.raises(WrongUse, match=r"no fold 3 to test: the folds are 1, 2, 4\."):
            assign(table(self.rows()), Split(method="given", fold=3, group_by="source"), seed=1)


class TestLeavingOneOut:
    @pytest.mark.parametrize("name", ["P3", "recordist:P3"])
    def test_the_group_is_tested_and_the_rest_validates_by_its_share(self, name: str) -> None:
        split = Split(method="leave_one_out", held_out=name, validation=0.2, thresholds=0)

        dealt = assign(table(crowd(10, 10)), split, seed=1)

        assert set(dealt.filter(part="test")["group"]) == {"recordist:P3"}
        assert dict(dealt["part"].value_counts().iter_rows()) == {"train": 70, "validation": 20, "test": 10}

    def test_who_is_not_there_cannot_be_held_out_and_who_is_gets_listed(self) -> None:
        split = Split(method="leave_one_out", held_out="Zoe")

        listed = re.escape(
            "no group Zoe to hold out: the groups are recordist:P0, recordist:P1, recordist:P2."
        )
        with pytest.raises(WrongUse, match=listed):
            assign(table(crowd(3, 2)), split, seed=1)

    def test_who_shares_a_recording_with_the_one_held_out_is_held_out_too(self) -> None:
        split = Split(method="leave_one_out", held_out="P3", validation=0.2)

        dealt = assign(table(crowd(10, 10)), split, seed=1, alike=[("3-0", "5-2")])

        assert set(dealt.filter(part="test")["group"]) == {"recordist:P3", "recordist:P5"}


class TestTime:
    SPLIT = Split(method="time", newer=0.3, validation=0.1, thresholds=0)

    def test_the_newest_groups_are_tested(self) -> None:
        dealt = assign(table(crowd(10, 10)), self.SPLIT, seed=1)

        assert set(dealt.filter(part="test")["group"]) == {"recordist:P7", "recordist:P8", "recordist:P9"}
        assert dict(dealt["part"].value_counts().iter_rows()) == {"train": 60, "validation": 10, "test": 30}

    @pytest.mark.parametrize("seed", range(3))
    def test_what_nobody_dated_is_trained_on_and_never_judges(self, seed: int) -> None:
        undated = [row(f"u{n}", recordist=f"U{n % 9}") for n in range(60)]

        dealt = assign(table([*crowd(10, 10), *undated]), self.SPLIT, seed)

        parts = column(dealt, "part")
        assert {parts[r["id"]] for r in undated} == {"train"}
        assert set(dealt["part"]) == PARTS

    def test_a_group_goes_by_the_middle_of_its_times(self) -> None:
        late = [row("a", recordist="P0", recorded_at=DAY + timedelta(days=999))]

        dealt = assign(table([*crowd(10, 10), *late]), self.SPLIT, seed=1)

        assert column(dealt, "part")["a"] != "test"

    def test_where_nothing_is_dated_there_is_no_newest(self) -> None:
        with pytest.raises(WrongUse, match="None of 2 recordings says when it was made"):
            assign(table([row("a"), row("b")]), self.SPLIT, seed=1)

    def test_too_much_validation_is_refused(self) -> None:
        split = Split(method="time", newer=0.8, validation=0.3, test=0)

        with pytest.raises(WrongUse, match="fewer than the validation share of 30%"):
            assign(table(crowd(10, 10)), split, seed=1)


class TestEra:
    def test_the_newest_share_of_what_is_dated_is_newer(self) -> None:
        dealt = assign(table([*crowd(10, 1), row("u")]), Split(newer=0.3), seed=1)

        era = column(dealt, "era")
        assert [i for i, e in era.items() if e == "newer"] == ["7-0", "8-0", "9-0"]
        assert era["u"] is None
        assert list(era.values()).count("older") == 7

    def test_soundscapes_have_an_era_and_move_no_clip(self) -> None:
        newest = [
            row(
                f"s{n}",
                None,
                "A01",
                labelled=("none", "timed")[n % 2],
                recorded_at=DAY + timedelta(days=n - 3),
            )
            for n in range(99)
        ]
        clips = crowd(10, 1)

        alone, beside = (column(assign(table(r), Split(), seed=1), "era") for r in (clips, [*clips, *newest]))

        assert {i: beside[i] for i in alone} == alone
        assert (beside["s0"], beside["s98"]) == ("older", "newer")

    def test_recordings_of_one_moment_are_of_one_era(self) -> None:
        rows = [row(str(n), recorded_at=DAY) for n in range(10)]

        assert assign(table(rows), Split(), seed=1)["era"].n_unique() == 1


def test_where_nothing_is_labelled_nothing_is_dealt() -> None:
    rows = [row(str(n), None, "A01", labelled="none") for n in range(3)]

    assert set(assign(table(rows), Split(method="folds"), seed=1)["part"]) == {"unlabelled"}


def test_a_speaker_of_fsdd_is_held_out_and_the_others_are_dealt_evenly() -> None:
    names = [path.stem for path in recordings("fsdd", "*.wav")]
    rows = [row(name, name.split("_")[0], name.split("_")[1]) for name in names]

    dealt = assign(table(rows), Split(method="leave_one_out", held_out="theo", validation=0.15), seed=1)

    speakers = dealt.group_by("part").agg(
        pl.col("group").n_unique(), digits=pl.col("primary_label").n_unique()
    )
    assert set(speakers.iter_rows()) == {("test", 1, 10), ("validation", 1, 10), ("train", 4, 10)}
    assert set(dealt.filter(part="test")["recordist"]) == {"theo"}
