"""How the log looks: lines for people, JSON lines for machines, always on standard error."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from silencio.errors import WrongUse
from silencio.logs import complain, keep, set_up

log = logging.getLogger("silencio.somewhere")


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("silencio")
    handlers, levels = root.handlers[:], (root.level, own.level)
    root.handlers = []  # or set_up would close pytest's own
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def test_a_line_says_how_grave_it_is_who_says_it_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False, as_json=False)

    log.info("composing a reserve of %d species", 12)

    captured = capsys.readouterr()
    assert captured.err == "INFO silencio.somewhere: composing a reserve of 12 species\n"
    assert captured.out == ""


def test_details_are_told_only_to_who_asked(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False, as_json=False)
    log.debug("found")
    set_up(verbose=True, as_json=False)
    log.debug("found again")

    assert capsys.readouterr().err == "DEBUG silencio.somewhere: found again\n"


def test_other_libraries_speak_up_only_to_warn(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=True, as_json=False)

    logging.getLogger("elsewhere").info("hello")
    logging.getLogger("elsewhere").warning("beware")

    assert capsys.readouterr().err == "WARNING elsewhere: beware\n"


def test_as_json_each_record_is_one_object_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False, as_json=True)

    log.warning("two\nlines, été")

    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert (record["level"], record["logger"]) == ("warning", "silencio.somewhere")
    assert record["message"] == "two\nlines, été"
    at = datetime.fromisoformat(record["at"])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


def test_as_json_an_exception_is_part_of_its_record(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False, as_json=True)

    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        log.exception("broke")

    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError" in json.loads(line)["error"]


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_is_kept_holds_the_details_that_were_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(verbose=False, as_json=False)

    path = keep(tmp_path, ["data", "ingest", "--set", "seed=1"])
    log.debug("found")

    assert capsys.readouterr().err == ""
    first, second = read(path)
    assert first["message"].endswith("silencio data ingest --set seed=1")
    assert second["message"] == "found"
    assert "-data-ingest-" in path.name


def test_runs_that_start_in_the_same_second_have_a_file_each(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = f"from silencio.logs import keep; from pathlib import Path; keep(Path({str(tmp_path)!r}), [])"
    for running in [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]:
        assert running.wait() == 0

    assert len(list(tmp_path.iterdir())) == 3


def test_the_last_word_is_a_sentence_and_what_is_kept_knows_where_it_came_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(verbose=False, as_json=False)
    path = keep(tmp_path, ["train"])

    try:
        raise WrongUse("There is no x.", "Name one.")
    except WrongUse as error:
        complain(error)

    assert capsys.readouterr().err == "silencio: There is no x. Name one.\n"
    assert "test_logs.py" in read(path)[-1]["error"]


def test_as_json_the_last_word_is_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(verbose=False, as_json=True)

    complain(WrongUse("There is no x.", "Name one."))

    (line,) = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["level"], json.loads(line)["message"]) == ("error", "There is no x. Name one.")
