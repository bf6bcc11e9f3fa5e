"""When a recording was made: what people write is read to the minute, and what says nothing is no time."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.moments import iso, moment, stamp

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
DATES = st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", " %Y-%m-%d "])
TIMES = st.sampled_from(
    ["%H:%M", "%H.%M", "%Hh%M", "%H%M", "%H:%M:%S", "%I:%M%p", "%I:%M %p", "%I.%M %p", "~%H:%M", "%H:%M h"]
)


@given(MOMENTS, DATES, TIMES)
def test_a_moment_is_read_in_whatever_way_it_is_written(at: datetime, date: str, time: str) -> None:
    assert moment(at.strftime(date), at.strftime(time)) == at


@given(MOMENTS, st.booleans())
def test_a_zero_in_front_and_the_case_of_letters_mean_nothing(at: datetime, upper: bool) -> None:
    date, time = f"{at.year}-{at.month}-{at.day}", f"{at.hour % 12 or 12}:{at:%M} {'ap'[at.hour >= 12]}.m."

    assert moment(date, time.upper() if upper else time) == at


@given(st.text(), st.text())
def test_no_text_is_an_error(date: str, time: str) -> None:
    moment(date, time)
    moment("2014-05-23", time)
    moment(date, "06:30")
    stamp(date)
    iso(date)


@given(MOMENTS)
def test_a_table_s_time_is_read_back(at: datetime) -> None:
    assert iso(at.isoformat()) == iso(f"{at.isoformat()}Z") == at
    assert iso("soon") is None


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "?",
        "2014",
        "2014-05",
        "2014-00-00",
        "2014-02-30",
        "0000-00-00",
        "0018-05-01",
        "2014111",
        "2014-0501",
    ],
)
def test_a_day_that_the_calendar_does_not_have_is_no_time(date: str | None) -> None:
    assert moment(date, "06:30") is None


@pytest.mark.parametrize(
    "time",
    [
        None,
        "",
        "?",
        "??:??",
        "am",
        "pm",
        "morning",
        "6",
        "24:00",
        "06:60",
        "25h",
        "13:00 am",
        "0:30 pm",
        "6:3",
        "no",
    ],
)
def test_an_hour_that_nobody_could_set_a_clock_by_is_no_time(time: str | None) -> None:
    """Nor is it midnight: that would turn a day's song into a night's."""
    assert moment("2014-05-23", time) is None


@pytest.mark.parametrize(
    ("time", "hour", "minute"),
    [
        ("06:30", 6, 30),
        ("6:30pm", 18, 30),
        ("7h15", 7, 15),
        ("7h", 7, 0),
        ("6 am", 6, 0),
        ("12 a.m.", 0, 0),
        ("12:05 PM", 12, 5),
        ("13:30 pm", 13, 30),
        ("ca. 18:45", 18, 45),
        ("0630", 6, 30),
        ("06:30:59", 6, 30),
    ],
)
def test_the_hour_is_read_as_people_write_it(time: str, hour: int, minute: int) -> None:
    assert moment("2014-05-23", time) == datetime(2014, 5, 23, hour, minute)


@pytest.mark.parametrize(
    "text",
    ["20190522_001530", "20190522T001530", "2019-05-22_00-15-30", "2019-05-22 00:15:30", "20190522001530"],
)
def test_a_name_s_stamp_is_read_to_the_second(text: str) -> None:
    assert stamp(text) == datetime(2019, 5, 22, 0, 15, 30)


@pytest.mark.parametrize("text", [None, "", "20190522", "20191322_001530", "20190522_251530", "S4A03895"])
def test_a_stamp_that_tells_no_time_is_none(text: str | None) -> None:
    assert stamp(text) is None
