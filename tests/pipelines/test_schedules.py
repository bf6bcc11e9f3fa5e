"""Recurring runs: one a name, however often it is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.compiled import Compiled, compiled
from pipelines.platform.answers import Version
from pipelines.platform.client import Client
from pipelines.platform.schedules import by_cron, by_period, schedule, schedules, unschedule
from pipelines.platform.uploads import upload
from silencio.errors import WrongUse
from tests.pipelines.conftest import hurried, reach
from tests.pipelines.kubeflow_server import Kubeflow

GIVEN = {"experiment": "name: demo\n", "workspace": "/workspace", "feedback": True}
NIGHTLY = by_cron("30 3 * * *")

pytestmark = pytest.mark.usefixtures("soon")


@pytest.fixture
def client(kubeflow: Kubeflow) -> Client:
    return reach(kubeflow)


@pytest.fixture(scope="module")
def promotion() -> Compiled:
    return compiled("promotion")


@pytest.fixture
def version(client: Client, promotion: Compiled) -> Version:
    return upload(client, promotion)


def test_a_schedule_asked_for_twice_is_one(kubeflow: Kubeflow, client: Client, version: Version) -> None:
    first = schedule(client, version, "nightly", GIVEN, NIGHTLY)
    assert schedule(client, version, "nightly", GIVEN, NIGHTLY) == first
    [made] = kubeflow.recurring.values()
    assert made["runtime_config"]["parameters"] == GIVEN
    assert (made["max_concurrency"], made["no_catchup"], made["status"]) == ("1", True, "ENABLED")


def test_a_schedule_that_is_asked_for_otherwise_is_replaced(
    kubeflow: Kubeflow, client: Client, version: Version
) -> None:
    first = schedule(client, version, "nightly", GIVEN, NIGHTLY)
    other = schedule(client, version, "nightly", {**GIVEN, "feedback": False}, NIGHTLY)
    weekly = schedule(client, version, "nightly", {**GIVEN, "feedback": False}, by_period("7d"))
    assert len({first.id, other.id, weekly.id}) == 3
    assert [found.when for found in schedules(client)] == ["every 168 h"]


def test_schedules_of_other_names_are_left_alone(client: Client, version: Version) -> None:
    for name in ("a", "b", "c"):  # more than the server lists on one page
        schedule(client, version, name, GIVEN, NIGHTLY)
    schedule(client, version, "a", GIVEN, by_period("1h"))
    assert sorted((s.name, s.when) for s in schedules(client)) == [
        ("a", "every 1 h"),
        ("b", "cron 0 30 3 * * *"),
        ("c", "cron 0 30 3 * * *"),
    ]


def test_a_schedule_rests_and_goes_on(client: Client, version: Version) -> None:
    resting = schedule(client, version, "nightly", GIVEN, NIGHTLY, paused=True)
    going_on = schedule(client, version, "nightly", GIVEN, NIGHTLY)
    assert resting.id == going_on.id
    assert (resting.enabled, going_on.enabled) == (False, True)
    assert not schedule(client, version, "nightly", GIVEN, NIGHTLY, paused=True).enabled


@pytest.mark.parametrize("kind", ["late drop", "cut", "overtaken", "drop", "500"])
def test_a_schedule_whose_creation_was_not_answered_is_not_doubled(
    kubeflow: Kubeflow, version: Version, kind: str
) -> None:
    client = hurried(kubeflow, kind)
    kubeflow.fault(kind, "POST /apis/v2beta1/recurringruns$")
    kept = schedule(client, version, "nightly", GIVEN, NIGHTLY)
    assert list(kubeflow.recurring) == [kept.id]


def test_what_an_interruption_left_behind_is_removed_the_next_time(
    kubeflow: Kubeflow, client: Client, version: Version
) -> None:
    """Between the new schedule and the end of the old one."""
    schedule(client, version, "nightly", GIVEN, by_period("1h"))
    old = dict(kubeflow.recurring)
    schedule(client, version, "nightly", GIVEN, NIGHTLY)
    kubeflow.recurring.update(old)
    assert schedule(client, version, "nightly", GIVEN, NIGHTLY).when == "cron 0 30 3 * * *"
    assert len(kubeflow.recurring) == 1


def test_a_schedule_is_ended_even_if_the_answer_is_lost(
    kubeflow: Kubeflow, client: Client, version: Version
) -> None:
    schedule(client, version, "nightly", GIVEN, NIGHTLY)
    kubeflow.fault("late drop", "DELETE")
    assert [gone.name for gone in unschedule(client, "nightly")] == ["nightly"]
    assert schedules(client) == []


def test_a_schedule_that_does_not_exist_is_named(client: Client) -> None:
    with pytest.raises(WrongUse, match=r"No schedule is called nightly\. `silencio pipeline schedules`"):
        unschedule(client, "nightly")


FIELD = st.sampled_from(["*", "0", "5", "*/15", "1-5", "MON"])


@given(st.lists(FIELD, min_size=5, max_size=5))
def test_the_cron_that_everybody_writes_begins_at_second_zero(fields: list[str]) -> None:
    """Kubeflow's has six fields; of five it takes the first for the seconds (kubeflow/pipelines#2318)."""
    assert by_cron(" ".join(fields)) == {"cron_schedule": {"cron": " ".join(["0", *fields])}}


@given(st.lists(FIELD, min_size=6, max_size=6))
def test_kubeflows_own_cron_stays_as_it_is(fields: list[str]) -> None:
    assert by_cron("  ".join(fields)) == {"cron_schedule": {"cron": " ".join(fields)}}


@given(st.lists(FIELD, max_size=9).filter(lambda fields: len(fields) not in (5, 6)))
def test_a_cron_of_any_other_length_is_refused(fields: list[str]) -> None:
    with pytest.raises(WrongUse, match=f"has {len(fields)} fields"):
        by_cron(" ".join(fields))


@given(st.integers(1, 10_000), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]))
def test_a_period_is_counted_in_seconds(number: int, unit: tuple[str, int]) -> None:
    assert by_period(f"{number}{unit[0]}") == {
        "periodic_schedule": {"interval_second": str(number * unit[1])}
    }


@pytest.mark.parametrize("every", ["", "0h", "24", "h", "-1h", "1.5h", "1h30m", "day"])
def test_what_is_no_period_is_refused(every: str) -> None:
    with pytest.raises(WrongUse, match="is no time"):
        by_period(every)
