from silencio.serving.engine.pace import SPAN_SECONDS, UNKNOWN, Pace


def test_a_pace_that_nobody_saw_yet_is_guessed() -> None:
    assert Pace().windows_per_second() == UNKNOWN


def test_the_pace_is_of_the_last_seconds_only() -> None:
    pace = Pace()
    pace.begin(0.0)
    for second in range(1, 4):
        pace.did(10, float(second))
    assert pace.windows_per_second() == 10.0
    for second in range(4, 4 + int(2 * SPAN_SECONDS)):
        pace.did(30, float(second))
    assert pace.windows_per_second() == 30.0
    assert pace.seconds(61) == 3


def test_rest_does_not_make_it_slower() -> None:
    pace = Pace()
    pace.begin(0.0)
    pace.did(10, 1.0)
    pace.begin(100.0)
    pace.did(10, 101.0)
    assert pace.windows_per_second() == 10.0


def test_nobody_is_sent_away_for_less_than_a_second() -> None:
    pace = Pace()
    pace.begin(0.0)
    pace.did(1000, 1.0)
    assert pace.seconds(0) == pace.seconds(1) == 1
