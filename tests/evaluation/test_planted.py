"""Regressions planted on purpose, each caught on the real path: recordings, catalog, windows, exam, gates.

What is asked are models that know the truth and blur it: so a test says exactly where one of them is worse.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from numpy.typing import NDArray

from silencio.data.catalog import Catalog
from silencio.data.windows.store import Windows
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.exam import Exam
from silencio.evaluation.gates import Verdict
from silencio.evaluation.judged import Judged
from silencio.evaluation.truth import Scores
from silencio.experiment import read_experiment
from silencio.handover import Handover
from silencio.settings import Experiment, Site
from silencio.steps import build
from silencio.steps.house import House
from silencio.workspace import Workspace

Mask = NDArray[np.bool_]

EXPERIMENT = """
name: planted
data:
  # Soundscapes judge, so there are many of them; clips are there because no reserve is without.
  reserve: {species: 8, recordings_per_species: 4, recordists: 4, soundscapes: 24, sites: 8}
audio: {sample_rate: 16000, hop_length: 400, n_mels: 32, fmax: 8000}
evaluation:
  slices: [night, insects]
  minimum_windows: 10
  resamples: 200
  trials: {windows: 0}
"""


@dataclass(frozen=True)
class Model(Contestant):
    """Knows who calls, and is less sure of it the less it is `skilled`; `spoil` changes what it says."""

    seed: int = 0
    skill: float = 3.0
    worse_in: Callable[[pl.DataFrame], pl.Series] | None = None
    spoil: Callable[[Scores], Scores] = lambda scores: scores

    def scores(self, judged: Judged) -> Scores:
        targets = judged.truth.targets
        # What is hard in a window is hard for every model; only a part of the noise is its own.
        noise = np.random.default_rng(100).normal(-3, 1.2, targets.shape)
        noise += np.random.default_rng(self.seed).normal(0, 0.3, targets.shape)
        skill = np.full(len(targets), self.skill)
        if self.worse_in is not None:
            skill[self.worse_in(judged.truth.facts).to_numpy()] = 0
        logits = noise + 2 * skill[:, None] * targets
        return self.spoil((1 / (1 + np.exp(-logits))).astype(np.float32))


@dataclass(frozen=True)
class Reserve:
    house: House
    catalog: Handover
    windows: Windows

    def model(self, **traits: object) -> Model:
        unheard = lambda pictures: np.zeros((len(pictures), len(self.windows.species)), np.float32)  # noqa: E731
        return replace(Model("a" * 64, self.windows, unheard), **traits)  # type: ignore[arg-type]

    def judge(
        self, candidate: Contestant, champion: Contestant | None = None, **changes: object
    ) -> EvaluationResult:
        return self.exam(**changes).sit(candidate, champion)

    def exam(self, **changes: object) -> Exam:
        evaluation = self.house.experiment.evaluation.model_copy(update=changes)
        experiment = self.house.experiment.model_copy(update={"evaluation": evaluation})
        return Exam.of(experiment, self.catalog, self.windows, self.house.workspace)


@pytest.fixture(scope="module")
def reserve(tmp_path_factory: pytest.TempPathFactory) -> Reserve:
    return compose(read_experiment(EXPERIMENT), tmp_path_factory.mktemp("planted"))


def compose(experiment: Experiment, folder: Path) -> Reserve:
    house = House(experiment, Site(workspace=str(folder)), Workspace(folder))
    catalog = build.ingest(house)
    return Reserve(house, catalog, Windows.open(build.features(house, catalog)))


def refusing(result: EvaluationResult) -> set[str]:
    return {f"{gate.name} on {gate.slice}" for gate in result.gates if gate.verdict is Verdict.FAIL}


def test_a_model_as_good_as_the_champion_passes(reserve: Reserve) -> None:
    result = reserve.judge(reserve.model(seed=1), reserve.model(seed=2))
    assert result.decision is Verdict.PASS, result.gates


def test_a_model_that_is_worse_only_at_night(reserve: Reserve) -> None:
    hour = pl.col("recorded_at").dt.hour()
    candidate = reserve.model(
        seed=1, worse_in=lambda facts: facts.select((hour < 6) | (hour >= 18)).to_series()
    )
    assert "map not worse on night" in refusing(reserve.judge(candidate, reserve.model(seed=2)))


def test_a_model_that_is_worse_only_on_insects(reserve: Reserve) -> None:
    candidate = reserve.model(seed=1, worse_in=lambda facts: facts["insects"] > 0)
    assert "map not worse on insects" in refusing(reserve.judge(candidate, reserve.model(seed=2)))


def test_a_species_that_is_never_reported(reserve: Reserve) -> None:
    def mute(scores: Scores) -> Scores:
        scores[:, 0] = 0
        return scores

    behaviour = reserve.house.experiment.evaluation.behaviour.model_copy(update={"coverage": 1.0})
    whole = reserve.judge(reserve.model(seed=1), behaviour=behaviour)
    assert whole.decision is Verdict.PASS, whole.gates
    assert any(
        "coverage" in gate
        for gate in refusing(reserve.judge(reserve.model(seed=1, spoil=mute), behaviour=behaviour))
    )


def test_labels_that_were_swapped(reserve: Reserve) -> None:
    swapped = reserve.model(seed=1, spoil=lambda scores: np.roll(scores, 1, axis=1))
    assert "map absolute on overall" in refusing(reserve.judge(swapped))


def test_thresholds_that_raise_too_many_alarms(reserve: Reserve) -> None:
    honest = reserve.model(seed=1)
    low = tuple(replace(t, value=t.value / 10) for t in reserve.exam().thresholds(honest))
    refused = refusing(reserve.judge(replace(honest, thresholds=low)))
    assert any("false_positives" in gate for gate in refused), refused


def test_what_judges_was_trained_on(tmp_path: Path, reserve: Reserve) -> None:
    """An excerpt of a soundscape that judges lies among the clips, too, and nobody joins what sounds the same."""
    heard = Catalog.open(reserve.catalog)
    shutil.copytree(heard.roots["release"], tmp_path / "delivered")
    told = EXPERIMENT.replace(
        "data:",
        f"data:\n  source: birdclef2025\n  path: {tmp_path / 'delivered'}\n  split: {{near_duplicates: report}}",
    )
    clean = compose(read_experiment(told), tmp_path)
    uris = Catalog.open(clean.catalog).recordings.select("uri", "part", "labelled")
    judging = uris.filter(part="test", labelled="timed")["uri"][0].removeprefix("release/")
    trained = uris.filter(part="train")["uri"][0].removeprefix("release/")
    sound, rate = soundfile.read(tmp_path / "delivered" / judging)
    soundfile.write(tmp_path / "delivered" / trained, sound[: 20 * rate], rate)

    leaking = compose(read_experiment(told), tmp_path)

    assert "leaks on data" not in refusing(clean.judge(clean.model()))
    assert "leaks on data" in refusing(leaking.judge(leaking.model()))


def test_too_few_windows_decide_nothing(reserve: Reserve) -> None:
    result = reserve.judge(reserve.model(seed=1), reserve.model(seed=2), minimum_windows=10_000)
    assert result.decision is Verdict.INCONCLUSIVE
    assert not refusing(result)
