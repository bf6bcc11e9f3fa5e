"""What is said of cost is measured, and answers that are not the same each time are seen."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from silencio.errors import SilencioError
from silencio.optimize.engines.model import Model
from silencio.optimize.measure import time_in_turn, wander
from silencio.optimize.memory import memory_of
from tests.bundles import FRONT_END, tone_model

WINDOWS = np.random.default_rng(0).standard_normal((16, *FRONT_END.shape)).astype(np.float32)


class Fickle(Model):
    """bfloat16 has been seen to do so: now and then another answer, or none."""

    def __init__(self, *answers: float) -> None:
        self._answers, self._asked = answers, 0

    def batch(self, pictures: np.ndarray) -> np.ndarray:
        self._asked += 1
        return np.full((len(pictures), 2), self._answers[self._asked % len(self._answers)], np.float32)


def test_steady_answers_do_not_wander() -> None:
    steady = time_in_turn({"fp32": (Fickle(0.5), Fickle(0.5))}, WINDOWS)["fp32"]
    assert steady.wander == 0
    assert 0 < steady.latency_ms <= steady.latency_p95_ms
    assert steady.windows_per_second > 0


def test_other_answers_to_the_same_windows_are_seen() -> None:
    found = time_in_turn({"openvino_bf16": (Fickle(0.0), Fickle(0.0, 0.0, 0.4))}, WINDOWS)
    assert found["openvino_bf16"].wander == pytest.approx(0.0987, abs=1e-3)


def test_an_answer_that_is_no_number_is_infinitely_far_from_any() -> None:
    assert wander([np.zeros((2, 3), np.float32), np.full((2, 3), np.nan, np.float32)]) == np.inf


def test_memory_is_asked_of_a_process_of_its_own(tmp_path: Path) -> None:
    onnx.save(tone_model({"antshr1": 2_000.0, "frogli1": 1_000.0, "howmon1": 300.0}), tmp_path / "fp32.onnx")
    np.save(tmp_path / "batch.npy", WINDOWS)
    held = np.ones(2**27, np.uint8)  # 128 MB of this process are none of the child's
    megabytes = memory_of("fp32", tmp_path / "fp32.onnx", tmp_path / "batch.npy")
    assert held.all()
    assert 0 < megabytes < 64


def test_a_process_that_ends_badly_is_named(tmp_path: Path) -> None:
    with pytest.raises(SilencioError, match=r"fp32 ended with 1 in a process of its own: .*no such file"):
        memory_of("fp32", tmp_path / "fp32.onnx", tmp_path / "no such file.npy")
