"""A reserve as small as can be, with its windows: sound, labels and a part that judges."""

from dataclasses import dataclass

import pytest

from silencio.data.ingest.make import ingest
from silencio.data.windows.store import Windows, build_windows
from silencio.evaluation.judged import Judged, judged_on
from silencio.handover import Handover
from silencio.settings import Data, Experiment, FrontEnd, Reserve
from silencio.workspace import Workspace

FRONT_END = FrontEnd(sample_rate=16_000, hop_length=800, n_mels=24, fmax=8_000, normalize="none")
"""`none`: how loud a window is stays in its picture, so that a model can be made to answer by it."""


@dataclass(frozen=True)
class Small:
    experiment: Experiment
    catalog: Handover
    windows: Windows
    judged: Judged
    workspace: Workspace


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    reserve = Reserve(species=4, recordings_per_species=2, recordists=4, soundscapes=8, sites=4)
    experiment = Experiment.model_validate(
        {
            "name": "small",
            "data": Data(reserve=reserve),
            "audio": FRONT_END,
            "evaluation": {"resamples": 50, "minimum_windows": 2, "trials": {"windows": 6}},
        }
    )
    workspace = Workspace(tmp_path_factory.mktemp("trials") / "workspace")
    catalog = ingest(experiment, workspace, feedback=None)
    windows = Windows.open(build_windows(catalog, FRONT_END, workspace))
    return Small(experiment, catalog, windows, judged_on(windows, "test"), workspace)
