"""The experiment file, which says everything that shapes a result, and the site, which says where it runs.

site = Site()      # from SILENCIO_… in the environment, else a laptop's defaults

An experiment is read by `silencio.experiment`.
"""

from silencio.settings.augment import Augment
from silencio.settings.data import Data, FrogId, Reserve, Split, Trust
from silencio.settings.experiment import Experiment
from silencio.settings.front_end import FrontEnd
from silencio.settings.judging import Evaluation, GateRule, Optimize
from silencio.settings.kubeflow import Kubeflow
from silencio.settings.model import Model
from silencio.settings.monitoring import Monitoring
from silencio.settings.section import Section
from silencio.settings.service import Access, Batching, Keeping, Observing, Release, Serving
from silencio.settings.site import Platform, Site
from silencio.settings.training import Loss, SelfTraining, Training
from silencio.settings.tuning import Range, Tuning

__all__ = [
    "Access",
    "Augment",
    "Batching",
    "Data",
    "Evaluation",
    "Experiment",
    "FrogId",
    "FrontEnd",
    "GateRule",
    "Keeping",
    "Kubeflow",
    "Loss",
    "Model",
    "Monitoring",
    "Observing",
    "Optimize",
    "Platform",
    "Range",
    "Release",
    "Reserve",
    "Section",
    "SelfTraining",
    "Serving",
    "Site",
    "Split",
    "Training",
    "Trust",
    "Tuning",
]
