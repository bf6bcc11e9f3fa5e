import json
from multiprocessing import get_context
from pathlib import Path

import pytest

from silencio.errors import SilencioError
from silencio.evaluation.gates import GateResult
from silencio.registry.record import GENESIS, Move, PromotionRecord


def move(version: str = "1", stage: str = "staging", gates: tuple[GateResult, ...] = ()) -> Move:
    return Move(
        model="silencio-small",
        version=version,
        stage=stage,
        data="d" * 64,
        commit="c" * 40,
        run="r",
        bundle="b" * 64,
        image=None,
        gates=tuple(gate.to_json() for gate in gates),
        decision="pass",
        approved_by=None,
        reason="a test",
    )


@pytest.fixture
def record(tmp_path: Path) -> PromotionRecord:
    record = PromotionRecord(tmp_path / "records" / "promotions.jsonl")
    for stage in ("staging", "canary", "production"):
        record.append(move(stage=stage))
    return record


def test_entries_are_numbered_and_chained(record: PromotionRecord) -> None:
    entries = record.verify()
    assert [e.number for e in entries] == [1, 2, 3]
    assert [e.previous for e in entries] == [GENESIS, entries[0].hash, entries[1].hash]


@pytest.mark.parametrize("field", ["stage", "approved_by", "bundle", "data", "gates", "decision", "reason"])
def test_a_changed_word_is_found(record: PromotionRecord, field: str) -> None:
    lines = record.path.read_text().splitlines()
    entry = json.loads(lines[1])
    entry["move"][field] = "something else"
    record.path.write_text("\n".join([lines[0], json.dumps(entry), lines[2]]) + "\n")
    with pytest.raises(SilencioError, match=r"Entry 2 of .* does not follow"):
        record.verify()


@pytest.mark.parametrize("taken", [0, 1])
def test_an_entry_that_was_taken_out_is_missed(record: PromotionRecord, taken: int) -> None:
    lines = record.path.read_text().splitlines()
    del lines[taken]
    record.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(SilencioError, match=f"Entry {taken + 1} of"):
        record.verify()


def test_nothing_is_added_to_a_broken_chain(record: PromotionRecord) -> None:
    before = record.path.read_text().replace("a test", "A test", 1)
    record.path.write_text(before)
    with pytest.raises(SilencioError, match="Entry 1"):
        record.append(move())
    assert record.path.read_text() == before


def test_a_line_that_a_killed_writer_left_half_is_dropped(record: PromotionRecord) -> None:
    with record.path.open("a") as stream:
        stream.write('{"number": 4, "at": "20')
    record.append(move(version="2"))
    assert [e.move["version"] for e in record.verify()] == ["1", "1", "1", "2"]


def _append(path: Path) -> None:
    for _ in range(5):
        PromotionRecord(path).append(move())


def test_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "promotions.jsonl"
    processes = [get_context("fork").Process(target=_append, args=(path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(PromotionRecord(path).verify()) == 15


def test_the_gates_of_the_last_move_come_back_as_they_were(tmp_path: Path) -> None:
    record = PromotionRecord(tmp_path / "promotions.jsonl")
    judged = GateResult.at_least("map", "overall", 0.7, 0.5)
    record.append(move(stage="staging"))
    record.append(move(stage="canary", gates=(judged,)))
    [back] = record.gates("silencio-small", "1")
    assert (back.name, back.value, back.verdict) == (judged.name, judged.value, judged.verdict)
    assert record.gates("silencio-small", "2") == []
