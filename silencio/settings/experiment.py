"""The whole of it."""

from typing import Annotated

import yaml
from pydantic import Field

from silencio.settings.data import Data
from silencio.settings.front_end import FrontEnd
from silencio.settings.judging import Evaluation, Optimize
from silencio.settings.model import Model
from silencio.settings.monitoring import Monitoring
from silencio.settings.section import Section
from silencio.settings.service import Release
from silencio.settings.training import Training
from silencio.settings.tuning import Tuning


class Experiment(Section):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    seed: int = 7
    data: Data = Data()
    audio: FrontEnd = FrontEnd()
    model: Model = Model()
    training: Training = Training()
    tuning: Tuning = Tuning()
    evaluation: Evaluation = Evaluation()
    optimize: Optimize = Optimize()
    release: Release = Release()
    monitoring: Monitoring = Monitoring()

    def to_yaml(self) -> str:
        """Every value, also the defaults; `read_experiment` of it gives an equal experiment."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
