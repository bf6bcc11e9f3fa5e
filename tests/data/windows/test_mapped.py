"""Many files read as one array: whatever numpy picks from the array, it picks from the files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from silencio.data.windows import mapped
from silencio.data.windows.mapped import Mapped

SIZES = (3, 1, 5, 2)
"""Windows a file."""
COUNT = sum(SIZES)

rows = st.one_of(
    st.integers(-COUNT, COUNT - 1),
    st.slices(COUNT),
    arrays(np.int64, st.integers(0, 20), elements=st.integers(-COUNT, COUNT - 1)),
    arrays(np.bool_, COUNT),
    st.lists(st.integers(0, COUNT - 1), min_size=1).map(np.sort),
)


@pytest.fixture(params=[(2,), (2, 3), (3, 2, 2)], ids=str)
def whole(request: pytest.FixtureRequest) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((COUNT, *request.param)).astype(np.float16)


@pytest.fixture
def files(whole: np.ndarray, tmp_path: Path) -> Mapped:
    paths = [tmp_path / f"{number}.f16" for number in range(len(SIZES))]
    for path, part in zip(paths, np.split(whole, np.cumsum(SIZES)[:-1]), strict=True):
        path.write_bytes(part.tobytes())
    file_of = np.repeat(np.arange(len(SIZES)), SIZES)
    row_of = np.concatenate([np.arange(size) for size in SIZES])
    return Mapped(paths, whole.shape[1:], file_of, row_of)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows)
def test_rows_are_those_that_numpy_picks(whole: np.ndarray, files: Mapped, rows: Any) -> None:
    np.testing.assert_array_equal(files[rows], whole[rows])
    assert files[rows].dtype == np.float16


def test_it_says_its_shape(whole: np.ndarray, files: Mapped) -> None:
    assert files.shape == whole.shape
    assert len(files) == COUNT


def test_a_row_that_is_not_there_is_an_index_error(files: Mapped) -> None:
    with pytest.raises(IndexError):
        files[COUNT]


def test_windows_may_lie_in_any_order_and_share_their_place(tmp_path: Path) -> None:
    windows = np.arange(6, dtype=np.float16).reshape(3, 2)
    (tmp_path / "a.f16").write_bytes(windows.tobytes())
    places = np.array([2, 0, 0, 1])

    there = Mapped([tmp_path / "a.f16"], (2,), np.zeros(4, int), places)

    np.testing.assert_array_equal(there[:], windows[places])


def test_more_files_than_may_be_open_are_read(
    whole: np.ndarray, files: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "OPEN", 1)
    few = Mapped(files._files, files.shape[1:], files._file_of, files._row_of)

    np.testing.assert_array_equal(few[:], whole)
    np.testing.assert_array_equal(few[::-1], whole[::-1])
