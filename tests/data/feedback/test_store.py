"""What every feedback store does, on this machine or shared by several services."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from silencio.data.feedback import FeedbackStore, Said, Statement, Verdict
from silencio.data.feedback.records import NOBODY
from tests.data.feedback.stores import Open, arrival, audio_of, say, send


def words(store: FeedbackStore) -> set[tuple[str, str, bool]]:
    return {(s.said_by, s.species, s.present) for s in store.statements()}


def test_a_word_is_kept_with_its_audio(store: FeedbackStore, tmp_path: Path) -> None:
    name = send(store, "r1", b"the frog")

    assert say(store, "r1", "Rosa", "frogli1") is Said.KEPT

    (statement,) = store.statements()
    assert statement == Statement(name, "frogli1", "Rosa", True, True, None, None, statement.at)
    assert abs(statement.at - time.time()) < 60
    assert audio_of(store, name) == b"the frog"
    assert [kept.audio for kept in store.spoken_about()] == [name]


def test_what_was_heard_is_nothing_to_learn_from_until_somebody_says_so(store: FeedbackStore) -> None:
    send(store, "r1")

    assert store.statements() == store.spoken_about() == store.passive() == []


def test_a_request_that_nobody_made_is_unknown(store: FeedbackStore) -> None:
    assert say(store, "r1", "Rosa", "frogli1") is Said.UNKNOWN
    assert store.statements() == []


def test_a_request_whose_audio_was_never_kept_cannot_be_spoken_of(store: FeedbackStore) -> None:
    store.keep([arrival("r1", audio=None)])

    assert say(store, "r1", "Rosa", "frogli1") is Said.GONE
    assert store.statements() == []


def test_naming_another_species_replaces_all_that_the_same_person_said(store: FeedbackStore) -> None:
    send(store, "r1")

    say(store, "r1", "Rosa", "frogli1", "howmon1")
    say(store, "r1", "Juan", "frogli1")
    say(store, "r1", "Rosa", "antshr1")

    assert words(store) == {("Juan", "frogli1", True), ("Rosa", "antshr1", True)}


def test_right_and_wrong_are_of_each_species_by_itself(store: FeedbackStore) -> None:
    send(store, "r1", species=(("antshr1", 0.9), ("frogli1", 0.6)))

    say(store, "r1", "Rosa", verdict=Verdict.RIGHT)
    say(store, "r1", "Rosa", "frogli1", verdict=Verdict.WRONG)

    assert words(store) == {("Rosa", "antshr1", True), ("Rosa", "frogli1", False)}


def test_right_about_an_empty_answer_says_that_nobody_calls(store: FeedbackStore) -> None:
    send(store, "r1", species=())

    assert say(store, "r1", "Rosa", verdict=Verdict.WRONG) is Said.EMPTY
    assert say(store, "r1", "Rosa", verdict=Verdict.RIGHT) is Said.KEPT

    assert words(store) == {("Rosa", NOBODY, True)}


def test_words_on_stretches_stand_beside_those_on_the_whole(store: FeedbackStore) -> None:
    send(store, "r1")

    say(store, "r1", "Rosa", "frogli1", stretch=(5.0, 10.0))
    say(store, "r1", "Rosa", "antshr1")

    assert {(s.species, s.start, s.end) for s in store.statements()} == {
        ("frogli1", 5.0, 10.0),
        ("antshr1", None, None),
    }


def test_saying_the_same_again_adds_nothing(store: FeedbackStore) -> None:
    send(store, "r1")

    say(store, "r1", "Rosa", verdict=Verdict.RIGHT)
    say(store, "r1", "Rosa", verdict=Verdict.RIGHT)

    assert words(store) == {("Rosa", "antshr1", True)}


def test_the_same_audio_in_two_requests_is_one_recording(store: FeedbackStore) -> None:
    names = {send(store, "r1"), send(store, "r2")}

    say(store, "r1", "Rosa", "frogli1")
    say(store, "r2", "Rosa", "howmon1")

    assert len(names) == 1
    assert words(store) == {("Rosa", "howmon1", True)}
    assert [kept.request for kept in store.spoken_about()] == ["r2"]


def test_another_process_knows_all_of_it(store: FeedbackStore, open_store: Open) -> None:
    send(store, "r1", tour="dawn")
    say(store, "r1", "Rosa", "frogli1")

    again = open_store()

    assert again.statements() == store.statements()
    assert again.tour("dawn") == store.tour("dawn")
    assert say(again, "r1", "Juan", "howmon1") is Said.KEPT


def test_a_request_stays_as_it_was_first_kept(store: FeedbackStore) -> None:
    send(store, "r1", b"one", tour="dawn", seconds=5.0)
    send(store, "r1", b"two", tour="dusk", seconds=9.0)

    (visit,) = store.tour("dawn")
    assert visit.kept.seconds == 5.0
    assert store.tour("dusk") == []


def test_a_tour_is_its_recordings_in_order_with_what_was_said(store: FeedbackStore) -> None:
    send(store, "r2", b"two", tour="dawn", at=20.0)
    send(store, "r1", b"one", tour="dawn", at=10.0)
    store.keep([arrival("r3", b"three", tour="dawn", at=30.0, audio=None)])
    send(store, "r4", b"four", tour="dusk")
    say(store, "r2", "Rosa", verdict=Verdict.WRONG)

    visits = store.tour("dawn")

    assert [visit.kept.request for visit in visits] == ["r1", "r2", "r3"]
    assert [len(visit.statements) for visit in visits] == [0, 1, 0]
    assert store.tour("noon") == []


def test_the_passive_log_is_what_was_drawn_and_nobody_spoke_about(store: FeedbackStore) -> None:
    send(store, "r1", b"one", passive=True)
    send(store, "r2", b"two", passive=True)
    send(store, "r3", b"three")
    say(store, "r2", "Rosa", "frogli1")

    assert [kept.request for kept in store.passive()] == ["r1"]


@pytest.mark.parametrize("text", ["'); DROP TABLE statements; --", "Señora Ñ 🐸", '"', "%s", ":name"])
def test_no_word_can_do_harm_to_the_database(store: FeedbackStore, text: str) -> None:
    send(store, "r1", tour=text)

    say(store, "r1", text, text)

    assert words(store) == {(text, text, True)}
    assert len(store.tour(text)) == 1


def test_threads_that_write_at_once_lose_nothing(store: FeedbackStore, tmp_path: Path) -> None:
    def speak(number: int) -> tuple[str, Said]:
        # Every second request is of the same sound.
        name = send(store, f"r{number}", b"common" if number % 2 else number.to_bytes(2, "big"))
        return name, say(store, f"r{number}", f"guide {number}", "frogli1")

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(speak, range(40)))

    assert Counter(said for _, said in done) == {Said.KEPT: 40}
    assert len({name for name, _ in done}) == 21
    assert {who for who, _, _ in words(store)} == {f"guide {n}" for n in range(40)}
    assert all(audio_of(store, name) is not None for name, _ in done)


def test_stores_that_open_the_same_new_place_at_once_all_work(open_store: Open) -> None:
    def begin(number: int) -> Said:
        store = open_store()
        send(store, f"r{number}")
        return say(store, f"r{number}", f"guide {number}", "frogli1")

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(begin, range(4))) == {Said.KEPT}

    assert len(open_store().statements()) == 4
