"""The streams of a service, rehearsed; and every way in which its consumer may break, planted."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from silencio.audio import Features, windows_of
from silencio.evaluation.gates import Verdict, decision
from silencio.optimize.bundle import Bundle
from silencio.serving.process import free_port
from silencio.serving.rehearsal import judge_answers, listen, rehearse, write_arrivals
from tests.bundles import FRONT_END, TONES, make_bundle, write_tones

Break = Callable[[list[Path]], None]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_tones(tmp_path_factory.mktemp("tones"))[:3]


@pytest.fixture
def answers(bundle: Bundle, recordings: list[Path], tmp_path: Path) -> tuple[list[Path], list[Path]]:
    """What was sent, and right answers to it, as the bundle itself gives them."""
    sent = write_arrivals(recordings, FRONT_END.sample_rate, tmp_path / "online_input")
    model, features = bundle.model(), Features(bundle.front_end)
    written = []
    for path in sent:
        heard = windows_of(path, features)
        names = [f"{path.stem}_{start + 1:g}" for start in heard.starts.tolist()]
        said = model.probabilities(heard.features)
        written.append(tmp_path / "online_output" / f"{path.stem}.csv")
        written[-1].parent.mkdir(exist_ok=True)
        with written[-1].open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["row_id", *(s.code for s in bundle.species)])
            table.writerows([name, *(f"{p:.6f}" for p in row)] for name, row in zip(names, said, strict=True))
    return sent, written


def test_a_service_of_the_bundle_bears_its_streams(
    address: str, bundle: Bundle, recordings: list[Path], tmp_path: Path
) -> None:
    results = rehearse(address, bundle, recordings, tmp_path)
    assert decision(results) is Verdict.PASS, results
    assert [(gate.slice, gate.name) for gate in results] == [
        ("streaming consumer", "ends well"),
        ("streaming consumer", "nothing twice"),
        ("streaming consumer", "each file once"),
        ("streaming consumer", "BirdCLEF's form"),
        ("streaming consumer", "skew"),
        ("live stream", "answers"),
        ("live stream", "skew"),
    ]


def test_answers_of_another_bundle_are_told_in_files_and_live(
    address: str, answers: tuple[list[Path], list[Path]], tmp_path: Path
) -> None:
    sent, written = answers
    swapped = dict(zip(TONES, reversed(TONES.values()), strict=True))
    other = make_bundle(tmp_path / "other", tones=swapped)
    results = [*judge_answers(written[0].parent, sent, other), *listen(address, other, sent[0])]
    failed = {(gate.slice, gate.name) for gate in results if gate.verdict is Verdict.FAIL}
    assert failed == {("streaming consumer", "skew"), ("live stream", "skew")}


def test_without_recordings_no_stream_is_judged(bundle: Bundle, tmp_path: Path) -> None:
    assert decision(rehearse("http://127.0.0.1:1", bundle, [], tmp_path)) is Verdict.INCONCLUSIVE


def test_a_stream_that_nobody_answers_is_broken(bundle: Bundle, recordings: list[Path]) -> None:
    [gate] = listen(f"http://127.0.0.1:{free_port()}", bundle, recordings[0])
    assert gate.verdict is Verdict.FAIL
    assert gate.reason.startswith("The stream broke: ")


def test_right_answers_pass(bundle: Bundle, answers: tuple[list[Path], list[Path]]) -> None:
    sent, written = answers
    assert decision(judge_answers(written[0].parent, sent, bundle)) is Verdict.PASS


def lose_a_file(written: list[Path]) -> None:
    written[0].unlink()


def answer_twice(written: list[Path]) -> None:
    (written[0].parent / f"{written[0].stem}-again.csv").write_bytes(written[0].read_bytes())


def lose_rows(written: list[Path]) -> None:
    longest = max(written, key=lambda path: path.stat().st_size)
    longest.write_text("\n".join(longest.read_text().splitlines()[:-1]) + "\n")


def swap_columns(written: list[Path]) -> None:
    header, *rows = written[0].read_text().splitlines()
    name, first, second, *rest = header.split(",")
    written[0].write_text("\n".join([",".join([name, second, first, *rest]), *rows]) + "\n")


def shift_by_a_window(written: list[Path]) -> None:
    written[0].write_text(written[0].read_text().replace("_1,", "_0,"))


def say_something_else(written: list[Path]) -> None:
    header, row, *rows = written[0].read_text().splitlines()
    name, first, *rest = row.split(",")
    changed = ",".join([name, f"{abs(float(first) - 0.01):.6f}", *rest])
    written[0].write_text("\n".join([header, changed, *rows]) + "\n")


def write_no_numbers(written: list[Path]) -> None:
    header, row, *rows = written[0].read_text().splitlines()
    written[0].write_text("\n".join([header, row.rpartition(",")[0] + ",high", *rows]) + "\n")


def write_nothing(written: list[Path]) -> None:
    written[0].write_text("")


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (lose_a_file, "each file once"),
        (answer_twice, "each file once"),
        (lose_rows, "BirdCLEF's form"),
        (swap_columns, "BirdCLEF's form"),
        (shift_by_a_window, "BirdCLEF's form"),
        (write_no_numbers, "BirdCLEF's form"),
        (write_nothing, "BirdCLEF's form"),
        (say_something_else, "skew"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_break_is_told_by_its_gate(
    bundle: Bundle, answers: tuple[list[Path], list[Path]], plant: Break, told: str
) -> None:
    sent, written = answers
    plant(written)
    results = judge_answers(written[0].parent, sent, bundle)
    assert {gate.name for gate in results if gate.verdict is Verdict.FAIL} == {told}
