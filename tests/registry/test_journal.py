from pathlib import Path

import pytest

from silencio.registry.journal import Begin, Delivered, End, Entry, Figures, File, Journal, Outbox


def begin(key: str = "key", within: str | None = None, at: int = 1) -> Begin:
    return Begin(
        at=at, key=key, name=key, experiment="small", within=within, parameters={"a": "1"}, tags={}, data={}
    )


def said(journal: Journal) -> list[Entry]:
    return [entry for entry, _ in journal.entries()]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    begun = Outbox(tmp_path).journal("key")
    begun.append(begin())
    return begun


def test_what_was_said_is_read_as_it_was_said(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "curves.png").write_bytes(b"a picture")
    journal.draw({"loss": 0.5}, step=1)
    journal.keep(tmp_path / "curves.png", "plots")
    journal.append(End(at=2, status="FINISHED"))

    first, drawn, kept, end = said(Journal(journal.folder))

    assert (first, end) == (begin(), End(at=2, status="FINISHED"))
    assert isinstance(drawn, Figures)
    assert (drawn.step, drawn.values) == (1, {"loss": 0.5})
    assert isinstance(kept, File)
    assert (journal.folder / "files" / kept.name).read_bytes() == b"a picture"


def test_a_file_is_kept_as_it_was_then(journal: Journal, tmp_path: Path) -> None:
    history = tmp_path / "history.json"
    history.write_text("then")
    journal.keep(history, "checkpoint")
    history.write_text("now")

    kept = said(journal)[-1]

    assert isinstance(kept, File)
    assert (journal.folder / "files" / kept.name).read_text() == "then"


def test_a_figure_is_drawn_once_a_step_also_by_who_goes_on_after_a_kill(journal: Journal) -> None:
    journal.draw({"loss": 0.5}, step=1)

    gone_on = Journal(journal.folder)
    gone_on.draw({"loss": 0.5, "map": 0.1}, step=1)
    gone_on.draw({"loss": 0.4}, step=2)

    figures = [entry for entry in said(journal) if isinstance(entry, Figures)]
    assert [(f.step, f.values) for f in figures] == [
        (1, {"loss": 0.5}),
        (1, {"map": 0.1}),
        (2, {"loss": 0.4}),
    ]


def test_a_line_that_a_kill_cut_short_is_neither_read_nor_built_upon(journal: Journal) -> None:
    with (journal.folder / "journal.jsonl").open("a") as stream:
        stream.write('{"kind": "figures", "st')
    assert said(journal) == [begin()]

    journal.mend()
    journal.append(End(at=2, status="FINISHED"))

    assert said(journal) == [begin(), End(at=2, status="FINISHED")]


def test_what_is_not_marked_as_delivered_waits(journal: Journal) -> None:
    *_, (_, reached) = journal.entries()
    journal.mark(Delivered(reached, "run", "1"))
    assert journal.waiting == 0

    journal.append(End(status="FINISHED"))

    assert journal.waiting == 1
    assert journal.delivered.run_id == "run"


def test_a_run_that_was_refused_leaves_nothing_and_one_that_had_begun_stays(journal: Journal) -> None:
    journal.withdraw()
    assert not journal.folder.exists()

    journal.append(begin())
    journal.mark(Delivered(10, "run", "1"))
    journal.withdraw()

    assert journal.folder.exists()


def test_a_run_comes_before_its_parts(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    for number, (key, within) in enumerate(
        [("whole", None), ("stranger", None), ("part", "whole"), ("part of a part", "part")]
    ):
        outbox.journal(key).append(begin(key, within, at=number))

    assert [j.beginning.key for j in outbox.waiting()] == ["whole", "stranger", "part", "part of a part"]
    assert [j.beginning.key for j in outbox.family("whole")] == ["whole", "part", "part of a part"]


@pytest.mark.parametrize(
    ("last", "status"), [(End(status="KILLED"), "killed"), (begin(at=2), "begun"), (None, "begun")]
)
def test_a_run_is_as_it_was_last_said_to_be(journal: Journal, last: Entry | None, status: str) -> None:
    if last:
        journal.append(End(status="FAILED"))
        journal.append(last)
    assert journal.status == status
