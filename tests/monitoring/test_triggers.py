import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from silencio.data.catalog import Catalog
from silencio.experiment import load_experiment
from silencio.monitoring.champion import Champion, Learnt, learnt_from, settings_of
from silencio.monitoring.drift import look_for_drift
from silencio.monitoring.reasons import Reason, Why
from silencio.monitoring.triggers import Present, reasons_to_retrain
from silencio.settings import Monitoring
from silencio.steps import build
from silencio.steps.watch import look
from tests.conftest import Walked, silencio
from tests.monitoring.days import FIRST, Forest, less_sure

NOW = datetime(2025, 6, 1, tzinfo=UTC)
LEARNT = Learnt(frozenset({"a", "b"}), frozenset(), {"model": "1"}, {"hears": "1", "learns": "1"})
CHAMPION = Champion("bundle", "catalog", NOW - timedelta(days=10), LEARNT)
PRESENT = Present("catalog", LEARNT, NOW, None, None)
FIVE = Monitoring(new_recordings=2, corrections=5)


def asked(
    present: Present, champion: Champion | None = CHAMPION, settings: Monitoring = FIVE
) -> list[Reason]:
    return reasons_to_retrain(present, champion, settings)


def why(present: Present, champion: Champion | None = CHAMPION, settings: Monitoring = FIVE) -> list[Why]:
    return [reason.why for reason in asked(present, champion, settings)]


def test_without_a_champion_there_is_reason_enough() -> None:
    assert [reason.sentence for reason in asked(PRESENT, None)] == ["There is no champion yet."]


def test_a_champion_that_knows_all_that_there_is_stays() -> None:
    assert asked(PRESENT) == []


@pytest.mark.parametrize(
    ("released", "reasons"), [("ab", []), ("abc", []), ("abcd", [Why.DATA]), ("a", [Why.DATA])]
)
def test_enough_new_recordings_are_a_reason_and_so_is_any_that_is_gone(
    released: str, reasons: list[Why]
) -> None:
    now = replace(LEARNT, release=frozenset(released))
    assert why(replace(PRESENT, catalog="another", learnt=now)) == reasons


def test_corrections_are_a_reason_once_there_are_enough() -> None:
    four, five = (replace(LEARNT, corrections=frozenset(str(k) for k in range(n))) for n in (4, 5))
    assert why(replace(PRESENT, learnt=four)) == []
    (reason,) = asked(replace(PRESENT, learnt=five))
    assert reason.sentence == "Recordings that guides corrected since the champion learned: 5."


def test_corrections_that_the_champion_learned_from_count_no_more() -> None:
    five = replace(LEARNT, corrections=frozenset("abcde"))
    assert why(replace(PRESENT, learnt=five), replace(CHAMPION, learnt=five)) == []


def test_other_settings_and_other_code_are_each_a_reason_that_names_what_changed() -> None:
    other = replace(LEARNT, settings={"model": "2"}, code={"hears": "1", "learns": "2"})
    assert [reason.sentence for reason in asked(replace(PRESENT, learnt=other))] == [
        "Settings that shape the model changed: model.",
        "The code that learns changed since the champion was trained.",
    ]


def test_a_retraining_from_the_champions_weights_is_no_other_setting() -> None:
    tiny = load_experiment("tiny")
    assert settings_of(tiny) == settings_of(
        load_experiment("tiny", ["training.warm_start=true", "training.era=newer"])
    )
    assert settings_of(tiny) == settings_of(load_experiment("tiny", ["seed=8", "monitoring.corrections=3"]))
    assert settings_of(tiny) != settings_of(load_experiment("tiny", ["training.epochs=5"]))


def test_a_champion_may_grow_too_old() -> None:
    settings = Monitoring(oldest_days=9)
    assert why(PRESENT, settings=settings) == [Why.AGE]
    assert why(PRESENT, settings=Monitoring(oldest_days=11)) == []
    assert why(PRESENT, settings=Monitoring(oldest_days=None)) == []


def test_a_schedule_counts_from_the_last_training_whether_or_not_it_won() -> None:
    settings = Monitoring(every_days=7)
    assert why(PRESENT, settings=settings) == [Why.SCHEDULE]
    assert why(replace(PRESENT, last_training=NOW - timedelta(days=3)), settings=settings) == []
    assert why(replace(PRESENT, last_training=NOW - timedelta(days=7)), settings=settings) == [Why.SCHEDULE]


def test_drift_is_a_reason_and_a_new_one_only_where_there_is_something_new_to_learn_from() -> None:
    forest = Forest(1)
    reference = forest.reference()
    keys = []
    for number, catalog in ((0, "catalog"), (1, "catalog"), (1, "with more")):
        heard = [less_sure(one, -2.5) for one in forest.day(number)]
        drift = look_for_drift(reference, heard, FIRST.date() + timedelta(days=9))
        (reason,) = asked(replace(PRESENT, catalog=catalog, drift=drift))
        assert reason.why is Why.DRIFT
        assert "less sure than it used to be" in reason.sentence
        keys.append(reason.key)
    assert keys[0] == keys[1] != keys[2]


def test_of_a_champion_whose_past_is_lost_another_catalog_is_all_that_can_be_told() -> None:
    lost = replace(CHAMPION, learnt=None)
    assert why(PRESENT, lost) == []
    assert why(replace(PRESENT, catalog="another"), lost) == [Why.DATA]


def test_a_correction_of_a_correction_is_one_more() -> None:
    walked = load_experiment("tiny")
    rows = {"origin": ["release", "feedback"], "digest": ["a", "b"], "primary_label": ["owl", "toad"]}
    before, after = (
        learnt_from(
            Catalog(
                pl.DataFrame(rows | {"primary_label": ["owl", label]}), pl.DataFrame(), (), pl.DataFrame(), {}
            ),
            walked,
            {},
        )
        for label in ("toad", "frog")
    )
    assert before.release == after.release == {"a"}
    assert len(after.corrections - before.corrections) == 1


def test_what_the_walked_champion_learned_is_read_from_the_workspace(walked: Walked) -> None:
    """It learned from the release; a guide spoke about some recordings since."""
    seen = look(walked.house)
    assert seen.champion is not None
    assert seen.champion.learnt is not None
    assert seen.champion.catalog == build.ingest(walked.house, with_feedback=False).digest
    assert [reason.why for reason in seen.reasons] == [Why.FEEDBACK]
    assert seen.listened.reference is not None
    assert seen.listened.reference.judged > 0


@pytest.mark.slow
def test_the_command_starts_a_training_for_a_reason_once_and_says_so_to_machines(walked: Walked) -> None:
    command = f"monitoring.act=[{sys.executable}, -c, pass]"
    asked = ("watch", "tiny", "--act", "--json", "--set", command)
    first, second = (silencio(*asked, workspace=walked.house.workspace.root) for _ in range(2))
    said = json.loads(first.stdout)
    assert (first.returncode, said["action"]["did"]) == (0, "started"), first.stderr
    assert [reason["why"] for reason in said["reasons"]] == ["feedback"]
    assert Path(said["report"]).read_text().startswith("<!doctype html>")
    assert second.returncode == 1
    assert json.loads(second.stdout)["action"]["did"] in ("done before", "running")
