"""What every feedback store does, on this machine or shared by several services."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.feedback import FeedbackStore, Said, Statement, StoreLost, Verdict
from silencio.data.feedback.records import NOBODY
from silencio.errors import WrongUse
from silencio.serving.process import free_port
from silencio.settings import Keeping
from tests.data.feedback.stores import access, arrival, say, send, shared_store

Open = Callable[..., FeedbackStore]


@pytest.fixture(scope="module", params=["a folder", "PostgreSQL and S3"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeping]:
    if request.param == "a folder":
        yield Keeping()
        return
    with shared_store(tmp_path_factory.mktemp("shared")) as settings:
        yield settings


@pytest.fixture
def open_store(shared: Keeping, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store again and again, as other processes would; empty at first."""
    opened: list[FeedbackStore] = []

    def open_store(**settings: object) -> FeedbackStore:
        audio = f"{shared.audio}/{tmp_path.name}" if shared.audio else None
        told = shared.model_copy(update={"audio": audio, **settings})
        opened.append(FeedbackStore(tmp_path / "feedback", told))
        return opened[-1]

    yield open_store
    if shared.database and opened:
        _empty(shared.database)
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> FeedbackStore:
    return open_store()


def _empty(database: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE requests, recordings, statements"))
    engine.dispose()


def words(store: FeedbackStore) -> set[tuple[str, str, bool]]:
    return {(s.said_by, s.species, s.present) for s in store.statements()}


def audio_of(store: FeedbackStore, name: str, folder: Path) -> bytes | None:
    """As a catalog finds it."""
    store.bring([name])
    path = store.folder / "audio" / name
    return path.read_bytes() if path.exists() else None


def test_a_word_is_kept_with_its_audio(store: FeedbackStore, tmp_path: Path) -> None:
    name = send(store, "r1", b"the frog")

    assert say(store, "r1", "Rosa", "frogli1") is Said.KEPT

    (statement,) = store.statements()
    assert statement == Statement(name, "frogli1", "Rosa", True, True, None, None, statement.at)
    assert abs(statement.at - time.time()) < 60
    assert audio_of(store, name, tmp_path) == b"the frog"
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
    assert all(audio_of(store, name, tmp_path) is not None for name, _ in done)


def test_stores_that_open_the_same_new_place_at_once_all_work(open_store: Open) -> None:
    def begin(number: int) -> Said:
        store = open_store()
        send(store, f"r{number}")
        return say(store, f"r{number}", f"guide {number}", "frogli1")

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(begin, range(4))) == {Said.KEPT}

    assert len(open_store().statements()) == 4


def test_audio_that_is_too_old_goes_unless_it_is_held(open_store: Open, tmp_path: Path) -> None:
    store = open_store(days=1e-9)
    names = {
        what: send(store, what, what.encode(), passive=what == "passive")
        for what in ("nobody's", "passive", "spoken about")
    }
    say(store, "spoken about", "Rosa", "frogli1")
    time.sleep(0.01)

    assert store.sweep() == 1

    assert audio_of(store, names["nobody's"], tmp_path) is None
    assert say(store, "nobody's", "Rosa", "frogli1") is Said.GONE
    assert all(audio_of(store, names[what], tmp_path) for what in ("passive", "spoken about"))
    assert store.sweep() == 0


def test_beyond_so_many_bytes_the_oldest_goes_first(open_store: Open, tmp_path: Path) -> None:
    store = open_store(max_bytes=250)
    names = []
    for number in range(5):
        names.append(send(store, f"r{number}", bytes([number]) * 100))
        time.sleep(0.005)

    store.sweep()

    there = [audio_of(store, name, tmp_path) is not None for name in names]
    assert there == [False, False, False, True, True]


def test_audio_that_is_sent_again_is_there_again_and_young(open_store: Open, tmp_path: Path) -> None:
    old = open_store(days=1e-9)
    name = send(old, "r1")
    time.sleep(0.01)
    assert old.sweep() == 1

    send(open_store(), "r2")

    assert audio_of(open_store(), name, tmp_path) == b"sound"
    assert open_store().sweep() == 0
    assert say(open_store(), "r2", "Rosa", "frogli1") is Said.KEPT


def test_sweeps_words_and_requests_at_once_never_part_a_word_from_its_audio(
    open_store: Open, tmp_path: Path
) -> None:
    """Whoever is told that a word is kept finds its audio, though others sweep without rest."""
    store = open_store(days=1e-9)
    over = time.monotonic() + 1.5

    def sweep(_: int) -> None:
        sweeper = open_store(days=1e-9)
        while time.monotonic() < over:
            sweeper.sweep()

    def speak(number: int) -> list[tuple[str, Said]]:
        done, turn = [], 0
        while time.monotonic() < over:
            turn += 1
            name = send(store, f"r{number}-{turn}", f"sound {turn % 7}-{turn % 3 == 0 and number}".encode())
            done.append((name, say(store, f"r{number}-{turn}", f"guide {number}", "frogli1")))
        return done

    with ThreadPoolExecutor(5) as pool:
        sweeping = pool.map(sweep, range(2))
        told = [pair for done in pool.map(speak, range(3)) for pair in done]
        list(sweeping)

    kept = {name for name, said in told if said is Said.KEPT}
    assert kept
    assert Said.UNKNOWN not in {said for _, said in told}
    assert all(audio_of(store, name, tmp_path) for name in kept)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A file where the folder should be: no more can be written than on a full disk."""
    (tmp_path / "feedback").write_text("in the way")
    store = FeedbackStore(tmp_path / "feedback")

    with pytest.raises(StoreLost, match="cannot be kept or read"):
        store.keep([arrival("r1")])
    with pytest.raises(StoreLost):
        say(store, "r1", "Rosa", "frogli1")


def test_a_store_that_was_lost_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("in the way")
    store = FeedbackStore(tmp_path / "feedback")
    with pytest.raises(StoreLost):
        store.keep([arrival("r1")])

    (tmp_path / "feedback").unlink()

    store.keep([arrival("r1")])
    assert say(store, "r1", "Rosa", "frogli1") is Said.KEPT


@pytest.mark.parametrize("lost", ["database", "audio"])
def test_a_database_or_a_bucket_that_does_not_answer_is_lost_and_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    for name, value in access(f"http://{nowhere}").items():
        monkeypatch.setenv(name, value)
    addresses = {"database": f"postgresql://nobody@{nowhere}/none", "audio": "s3://none/at/all"}

    with pytest.raises(StoreLost, match="Check"):
        FeedbackStore(tmp_path, Keeping(**{lost: addresses[lost]})).keep([arrival("r1")])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Keeping(database="mysql://me:secret@host/name"), "host/name"),
        (Keeping(database="somewhere"), "somewhere"),
        (Keeping(audio="/a/folder"), "/a/folder"),
    ],
)
def test_an_address_of_no_known_kind_is_named_without_its_password(
    tmp_path: Path, settings: Keeping, named: str
) -> None:
    with pytest.raises(WrongUse, match=named) as caught:
        FeedbackStore(tmp_path, settings).statements()
    assert "secret" not in str(caught.value)


def test_what_a_killed_writer_left_half_written_is_tidied_away(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    send(store, "r1")
    for name, age in (("old", 2 * 3600), ("young", 0)):
        partial = tmp_path / "audio" / f".{name}.partial"
        partial.write_bytes(b"half")
        os.utime(partial, (time.time() - age, time.time() - age))

    store.sweep()

    assert sorted(path.name for path in (tmp_path / "audio").glob(".*")) == [".young.partial"]


@hypothesis.settings(max_examples=8)
@given(count=st.integers(1, 8), most=st.integers(1, 1000))
def test_a_sweep_leaves_no_more_than_it_may_and_the_newest(
    tmp_path_factory: pytest.TempPathFactory, count: int, most: int
) -> None:
    folder = tmp_path_factory.mktemp("sweep")
    store = FeedbackStore(folder, Keeping(max_bytes=most))
    for number in range(count):
        send(store, f"r{number}", bytes([number]) * 100)

    store.sweep()

    left = [p.name for p in (folder / "audio").iterdir()]
    assert len(left) == min(count, most // 100)
    store.close()
    shutil.rmtree(folder)
