"""What several people's words on one recording come to."""

from hypothesis import given
from hypothesis import strategies as st

from silencio.data.feedback import Kept, Statement
from silencio.data.feedback.records import NOBODY
from silencio.data.feedback.trust import Judged, judge
from silencio.settings import Trust

EVEN = Trust(default=0.8)


def says(
    who: str, species: str, present: bool = True, complete: bool = False, stretch: bool = False
) -> Statement:
    edges = (5.0, 10.0) if stretch else (None, None)
    return Statement("a.wav", species, who, present, complete, *edges, at=0.0)


def names(who: str, *species: str) -> list[Statement]:
    """All that call, as one person says."""
    return [says(who, code, complete=True) for code in species]


def judged(*statements: Statement, answered: tuple[str, ...] = (), trust: Trust = EVEN) -> Judged:
    kept = Kept("r", 0.0, "m", 5.0, species=tuple((code, 0.9) for code in answered), audio="a.wav")
    return judge(kept, statements, trust)


def rounded(judged: Judged) -> dict[str, float]:
    return {code: round(belief, 4) for code, belief in judged.present.items()}


def test_one_guide_is_believed_as_far_as_trusted() -> None:
    assert rounded(judged(*names("Rosa", "frog"))) == {"frog": 0.8}
    assert rounded(judged(*names("Rosa", "frog"), trust=Trust(guides={"Rosa": 0.95}))) == {"frog": 0.95}


def test_agreement_raises_and_a_lone_contradiction_lowers() -> None:
    two = names("Rosa", "frog") + names("Juan", "frog")

    assert rounded(judged(*two)) == {"frog": 0.9412}
    assert rounded(judged(*two, *names("Ana", "bird"))) == {"frog": 0.8}
    assert judged(*two, *names("Ana", "bird")).disputed == ("frog", "bird")


def test_two_equal_guides_who_contradict_each_other_settle_nothing() -> None:
    both = judged(*names("Rosa", "frog"), *names("Juan", "bird"))

    assert both.present == both.absent == {}
    assert both.open == both.disputed == ("bird", "frog")


def test_who_is_trusted_more_outweighs_who_is_trusted_less() -> None:
    trust = Trust(guides={"Rosa": 0.95, "Juan": 0.6})

    settled = judged(*names("Rosa", "frog"), *names("Juan", "bird"), trust=trust)

    assert rounded(settled) == {"frog": 0.9268}
    assert settled.absent.keys() == {"bird"}
    assert settled.people == ("Rosa", "Juan")


def test_naming_all_that_call_denies_what_the_service_answered() -> None:
    assert judged(*names("Rosa", "frog"), answered=("bird", "frog")).absent.keys() == {"bird"}


def test_wrong_denies_one_species_and_says_nothing_of_others() -> None:
    denied = judged(says("Rosa", "bird", False), answered=("bird", "frog"))

    assert {code: round(p, 4) for code, p in denied.absent.items()} == {"bird": 0.8}
    assert denied.present == {}
    assert denied.open == ("frog",)


def test_a_word_on_a_stretch_tells_what_calls_and_not_what_does_not() -> None:
    assert rounded(judged(says("Rosa", "frog", stretch=True))) == {"frog": 0.8}
    assert judged(says("Rosa", "frog", False, stretch=True), answered=("frog",)).absent == {}


def test_nobody_calls_is_denied_by_whoever_hears_somebody() -> None:
    silent = [says("Rosa", NOBODY, complete=True)]

    assert rounded(judged(*silent)) == {NOBODY: 0.8}
    assert judged(*silent, *names("Juan", "frog")).present == {}
    assert judged(*silent, answered=("frog",)).absent.keys() == {"frog"}


VOTES = st.dictionaries(st.sampled_from("ABCDEFG"), st.booleans(), min_size=1)


@given(VOTES)
def test_believed_is_what_more_of_equal_guides_say(votes: dict[str, bool]) -> None:
    found = judged(*(says(who, "frog", yes) for who, yes in votes.items()))
    balance = sum(1 if yes else -1 for yes in votes.values())

    assert ("frog" in found.present, "frog" in found.absent, "frog" in found.open) == (
        balance > 0,
        balance < 0,
        balance == 0,
    )
    assert bool(found.disputed) == (len(set(votes.values())) == 2)


@given(VOTES, st.permutations("ABCDEFG"))
def test_it_makes_no_difference_who_spoke_first(votes: dict[str, bool], order: list[str]) -> None:
    one = [says(who, "frog", yes) for who, yes in votes.items()]
    other = sorted(one, key=lambda s: order.index(s.said_by))

    assert rounded(judged(*one)) == rounded(judged(*other))
    assert judged(*one).people == judged(*other).people
