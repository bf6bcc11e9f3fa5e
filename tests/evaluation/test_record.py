"""report.json comes back as it was written, whatever it holds."""

from dataclasses import replace
from math import nan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.evaluation.accuracy import Confusion
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.operation import Operation
from silencio.evaluation.record import Report, from_json, to_json
from silencio.evaluation.searched import Search, Tried
from tests.evaluation.reported import IDENTITY, compose_everything

figures = st.floats(0, 1, width=32) | st.just(nan)
estimates = st.builds(Estimate, figures, figures, figures)


counts = st.integers(0, 9)
operations = st.builds(
    Operation, st.text(), estimates, figures, counts, figures, counts, figures, recall=figures
)
searches = st.builds(
    Search,
    st.tuples(st.builds(Tried, st.text(), st.text(), st.just("passes"), st.text(), figures)),
    st.text(),
    st.text(),
)


@settings(deadline=None, max_examples=30)
@given(
    operation=st.lists(operations, max_size=3),
    search=st.none() | searches,
    counts=st.lists(counts, min_size=16, max_size=16),
)
def test_whatever_was_found_comes_back(
    operation: list[Operation], search: Search | None, counts: list[int]
) -> None:
    table = np.array(counts, np.int64).reshape(4, 4)
    confusion = Confusion.from_counts(WHOLE.confusion.labels, table) if WHOLE.confusion else None
    result = replace(WHOLE, operation=tuple(operation), confusion=confusion)
    report = Report(result, (), IDENTITY, search)

    again = from_json(to_json(report), "a test")

    # As text: what could not be measured is NaN, which equals nothing.
    assert to_json(again) == to_json(report)
    assert repr(again.result) == repr(result)
    assert repr(again.search) == repr(search)


WHOLE = compose_everything(windows=60, classes=4)[2]
