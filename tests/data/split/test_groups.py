"""Whose recordings are dealt together, and which groups are one."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from silencio.data.split.groups import pairs_of_equal_files, united, with_groups
from tests.data.rows import DAY, row, site, table

NAMES = st.sampled_from("abcdefgh")


class TestGroups:
    def test_recordists_sites_and_guides_are_groups(self) -> None:
        dealt = with_groups(
            table([row("a"), row("b", recordist="Ben"), site("s", "A01"), row("f", origin="feedback")]),
            "recordist",
        )

        assert dealt["group"].to_list() == ["recordist:Ana", "recordist:Ben", "site:A01", "feedback:Ana"]

    def test_nobody_known_is_one_group_for_it_may_be_one_person(self) -> None:
        dealt = with_groups(
            table([row("a"), row("b", recordist=None, source="s1"), row("c", recordist=None)]), "recordist"
        )

        assert dealt["group"].to_list() == ["recordist:Ana", "recordist:unknown", "recordist:unknown"]

    def test_where_nobody_is_ever_named_the_source_is_the_group_and_without_one_the_recording(self) -> None:
        rows = [row("a", recordist=None, source="s1"), row("b", recordist=None), site("s", "A01")]

        dealt = with_groups(table(rows), "recordist")

        assert dealt["group"].to_list() == ["source:s1", "recording:b", "site:A01"]

    def test_clips_of_one_source_stay_together_and_others_with_their_recordist(self) -> None:
        rows = [row("a", source="s1"), row("b"), row("c", recordist=None), site("s", "A01")]

        dealt = with_groups(table(rows), "source")

        assert dealt["group"].to_list() == ["source:s1", "recordist:Ana", "recording:c", "site:A01"]

    def test_each_recording_by_itself_is_what_somebody_may_ask_for(self) -> None:
        dealt = with_groups(table([row("a"), row("b"), row("f", origin="feedback")]), "recording")

        assert dealt["group"].to_list() == ["recording:a", "recording:b", "feedback:Ana"]

    def test_a_session_is_a_recordists_day(self) -> None:
        rows = [
            row("a", recorded_at=DAY),
            row("b", recorded_at=DAY + timedelta(hours=17)),
            row("c", recorded_at=DAY + timedelta(hours=18)),
            row("d"),
            row("e", recordist=None, recorded_at=DAY),
        ]

        dealt = with_groups(table(rows), "session")

        assert dealt["group"].to_list() == [
            "session:Ana 2019-05-22",
            "session:Ana 2019-05-22",
            "session:Ana 2019-05-23",
            "session:Ana undated",
            "session:unknown 2019-05-22",
        ]


class TestUnited:
    def test_groups_that_share_a_recording_are_one_and_so_on_from_one_to_the_next(self) -> None:
        groups = {"1": "Ana", "2": "Ben", "3": "Cho", "4": "Dee"}

        assert united(groups, [("3", "2"), ("1", "2")]) == {"1": "Ana", "2": "Ana", "3": "Ana", "4": "Dee"}

    def test_a_recording_that_is_not_among_them_unites_nothing(self) -> None:
        assert united({"1": "Ana", "2": "Ben"}, [("1", "9"), ("9", "2")]) == {"1": "Ana", "2": "Ben"}

    @given(
        groups=st.dictionaries(NAMES, NAMES, min_size=1),
        alike=st.lists(st.tuples(NAMES, NAMES)),
        random=st.randoms(use_true_random=False),
    )
    def test_the_order_of_pairs_means_nothing_and_no_pair_and_no_group_is_torn(
        self, groups: dict[str, str], alike: list[tuple[str, str]], random: Random
    ) -> None:
        units = united(groups, alike)
        shuffled = [random.choice([(a, b), (b, a)]) for a, b in random.sample(alike, len(alike))]

        assert united(groups, shuffled) == units
        assert all(units[a] == units[b] for a, b in alike if a in units and b in units)
        assert all(units[a] == units[b] for a in groups for b in groups if groups[a] == groups[b])


def test_recordings_of_one_file_are_paired_with_the_first_of_them() -> None:
    rows = table([row(i, digest=digest) for i, digest in (("c", "x"), ("a", "x"), ("b", "x"), ("d", "y"))])

    assert pairs_of_equal_files(rows) == [("a", "b"), ("a", "c")]
