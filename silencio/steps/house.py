"""One experiment at one site: what every step of its loop needs to read and write."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from silencio.experiment import read_experiment
from silencio.settings import Experiment, Site
from silencio.workspace import Workspace

# Rooms are imported when they are asked for: a step that finds its work done must not wait for MLflow.
if TYPE_CHECKING:
    from silencio.data.feedback import FeedbackStore
    from silencio.registry.record import PromotionRecord
    from silencio.registry.versions import Registry
    from silencio.release.tracks import LocalTracks


@dataclass(frozen=True)
class House:
    experiment: Experiment
    site: Site
    workspace: Workspace

    @classmethod
    def of(cls, experiment: str, workspace: str) -> Self:
        """From an experiment's text and a workspace's address, as the pipeline passes them."""
        return cls(read_experiment(experiment), Site(workspace=workspace), Workspace(workspace))

    @cached_property
    def feedback(self) -> "FeedbackStore":
        from silencio.data.feedback import FeedbackStore
        from silencio.experiment import load_serving

        # Where services keep what they hear, the environment says to them and to us.
        return FeedbackStore(self.workspace / "raw/feedback", load_serving().keeping)

    @cached_property
    def registry(self) -> "Registry":
        from silencio.registry.versions import Registry

        return Registry(self.site, self.workspace, self.experiment.name)

    @cached_property
    def record(self) -> "PromotionRecord":
        from silencio.registry.record import PromotionRecord

        return PromotionRecord.of_experiment(self.workspace / "records", self.experiment.name)

    @cached_property
    def tracks(self) -> "LocalTracks":
        from silencio.release.tracks import LocalTracks

        return LocalTracks(
            self.workspace / "logs/tracks", self.feedback.folder, self.site.stop_after_idle or None
        )
