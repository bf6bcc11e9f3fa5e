import json
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.errors import SilencioError
from silencio.evaluation.gates import GateResult
from silencio.identity import digest_of
from silencio.registry.chain import GENESIS, Kind, Line, open_in
from silencio.registry.record import SHARED, Overtaken, PromotionRecord


def move(version: str = "1", stage: str = "staging", gates: tuple[GateResult, ...] = ()) -> dict[str, Any]:
    return {
        "model": "silencio-small",
        "version": version,
        "before": "candidate",
        "stage": stage,
        "data": "d" * 64,
        "commit": "c" * 40,
        "run": "r",
        "bundle": "b" * 64,
        "image": None,
        "gates": [gate.to_json() for gate in gates],
        "decision": "pass",
        "approved_by": "Ñandú",
        "reason": "a test",
    }


def add(record: PromotionRecord, kind: Kind, body: Mapping[str, Any]) -> Line:
    lines = record.lines()
    return record.append(kind, body, after=lines[-1].hash if lines else GENESIS)


def make(record: PromotionRecord, *moves: dict[str, Any]) -> None:
    begun = add(record, Kind.INTENT, {"moves": list(moves)})
    add(record, Kind.DONE, {"of": begun.number})


def filled(path: Path) -> PromotionRecord:
    record = PromotionRecord(path)
    for stage in ("staging", "canary", "production"):
        make(record, move(stage=stage))
    return record


@pytest.fixture
def record(tmp_path: Path) -> PromotionRecord:
    return filled(tmp_path / "records" / "promotions.jsonl")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return filled(tmp_path_factory.mktemp("written") / "promotions.jsonl").content()


def rewritten(record: PromotionRecord, *order: int) -> list[str]:
    """What is found when these lines, counted from 1, are all that is left, in this order."""
    lines = record.content().splitlines(keepends=True)
    record.path.write_bytes(b"".join(lines[number - 1] for number in order))
    return [fault.problem for fault in record.faults()]


def test_lines_are_numbered_and_chained(record: PromotionRecord) -> None:
    lines = record.lines()
    assert [line.number for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line.previous for line in lines] == [GENESIS, *(line.hash for line in lines[:-1])]
    assert record.faults() == []


def test_moves_that_were_made_are_told_in_order(record: PromotionRecord) -> None:
    make(record, move("2", "production"), move("1", "archived"))
    assert [(e.number, e.move["version"], e.move["stage"]) for e in record.verify()] == [
        (1, "1", "staging"),
        (3, "1", "canary"),
        (5, "1", "production"),
        (7, "2", "production"),
        (7, "1", "archived"),
    ]


def test_a_move_that_is_not_done_or_was_undone_is_not_made(record: PromotionRecord) -> None:
    begun = add(record, Kind.INTENT, {"moves": [move(stage="archived")]})
    assert open_in(record.lines()) == begun
    assert len(record.verify()) == 3
    add(record, Kind.UNDONE, {"of": begun.number, "why": "a test"})
    assert open_in(record.lines()) is None
    assert len(record.verify()) == 3


@given(data=st.data())
def test_any_single_changed_byte_is_found(
    written: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(written) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != written[place]))
    path = tmp_path_factory.getbasetemp() / "changed.jsonl"
    path.write_bytes(written[:place] + bytes([byte]) + written[place + 1 :])
    assert PromotionRecord(path).faults()


@given(length=st.integers(0))
def test_a_record_that_is_cut_within_a_line_is_found(
    written: bytes, tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    kept = written[: length % len(written)]
    path = tmp_path_factory.getbasetemp() / "cut.jsonl"
    path.write_bytes(kept)
    assert bool(PromotionRecord(path).faults()) is (kept != b"" and not kept.endswith(b"\n"))


@pytest.mark.parametrize("field", ["stage", "approved_by", "bundle", "data", "gates", "decision", "reason"])
def test_a_changed_word_is_found_and_the_line_is_named(record: PromotionRecord, field: str) -> None:
    lines = record.content().splitlines()
    line = json.loads(lines[2])
    line["body"]["moves"][0][field] = "something else"
    lines[2] = json.dumps(line, sort_keys=True).encode()
    record.path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(SilencioError, match=r"Line 3 of .* was changed after it was written"):
        record.verify()


def test_a_line_that_was_taken_out_is_missed(record: PromotionRecord) -> None:
    [problem] = rewritten(record, 1, 3, 4, 5, 6)
    assert problem == f"Line 2 of {record.path} is missing."


def test_lines_in_another_order_are_found(record: PromotionRecord) -> None:
    [problem] = rewritten(record, 1, 3, 2, 4, 5, 6)
    assert problem == f"The lines of {record.path} are in another order: 3 stands where another should."


def test_a_line_that_stands_there_twice_is_found(record: PromotionRecord) -> None:
    [problem] = rewritten(record, 1, 2, 2, 3, 4, 5, 6)
    assert problem == f"Line 2 of {record.path} stands there twice."


def test_a_line_that_was_written_anew_with_a_hash_of_its_own_does_not_fit_the_next(
    record: PromotionRecord,
) -> None:
    lines = record.lines()
    forged = Line.after(lines[:2], lines[2].at, Kind.INTENT, {"moves": [move(stage="archived")]})
    content = b"".join(line.to_bytes() for line in (*lines[:2], forged, *lines[3:]))
    record.path.write_bytes(content)
    [fault] = record.faults()
    assert fault.problem == f"Line 4 of {record.path} does not follow from the one before it."


def test_nothing_is_added_to_a_broken_chain(record: PromotionRecord) -> None:
    head = record.lines()[-1].hash
    before = record.content().replace(b"a test", b"A test", 1)
    record.path.write_bytes(before)
    with pytest.raises(SilencioError, match="Line 1"):
        record.append(Kind.INTENT, {"moves": [move()]}, after=head)
    assert record.content() == before


def test_nothing_is_added_after_a_line_that_is_no_longer_the_last(record: PromotionRecord) -> None:
    head = record.lines()[-1].hash
    record.append(Kind.INTENT, {"moves": [move()]}, after=head)
    with pytest.raises(Overtaken, match="something else was written first"):
        record.append(Kind.INTENT, {"moves": [move("2")]}, after=head)
    assert len(record.lines()) == 7


def test_a_line_that_a_killed_writer_left_half_is_dropped(record: PromotionRecord) -> None:
    with record.path.open("a") as stream:
        stream.write('{"at": "20')
    assert [fault.problem for fault in record.faults()] == [
        f"The last line of {record.path} is cut short: a writer was killed within it, or the file was cut."
    ]
    make(record, move("2"))
    assert record.faults() == []
    assert [e.move["version"] for e in record.verify()] == ["1", "1", "1", "2"]


def _append(path: Path, name: str) -> None:
    record, added = PromotionRecord(path), 0
    while added < 5:
        try:
            add(record, Kind.INTENT, {"moves": [move(name)]})
            added += 1
        except Overtaken:
            continue


def test_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "promotions.jsonl"
    processes = [get_context("fork").Process(target=_append, args=(path, str(n))) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(PromotionRecord(path).lines()) == 15


def test_the_gates_of_the_last_move_come_back_as_they_were(tmp_path: Path) -> None:
    record = PromotionRecord(tmp_path / "promotions.jsonl")
    judged = GateResult.at_least("map", "overall", 0.7, 0.5)
    make(record, move(stage="staging"))
    make(record, move(stage="canary", gates=(judged,)))
    [back] = record.gates("silencio-small", "1")
    assert (back.name, back.value, back.verdict) == (judged.name, judged.value, judged.verdict)
    assert record.gates("silencio-small", "2") == []


def test_a_record_of_before_that_all_experiments_shared_is_the_beginning_of_each(tmp_path: Path) -> None:
    previous, old = GENESIS, {name: value for name, value in move().items() if name != "before"}
    with (tmp_path / SHARED).open("w") as stream:
        for number in (1, 2):
            content = [number, "2026-11-21T11:20:04.000+00:00", old, previous]
            line = dict(zip(("number", "at", "move", "previous"), content, strict=True))
            stream.write(json.dumps(line | {"hash": digest_of(content)}, sort_keys=True) + "\n")
            previous = digest_of(content)
    record = PromotionRecord.of_experiment(tmp_path, "small")
    make(record, move("2"))
    assert [e.move["version"] for e in record.verify()] == ["1", "1", "2"]
    assert [e.move["version"] for e in PromotionRecord.of_experiment(tmp_path, "other").verify()] == [
        "1",
        "1",
    ]
    record.path.write_bytes(record.content().replace(b"a test", b"A test", 1))
    assert record.faults()[0].problem == f"Line 1 of {record.path} was changed after it was written."
