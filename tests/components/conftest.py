"""What components are tried on: real hand-overs, as small as they can be, of a house of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest
from kfp.dsl import Artifact

from silencio.evaluation.gates import GateResult
from silencio.handover import Handover
from silencio.identity import digest_of
from silencio.optimize.bundle import Bundle
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.promote import promote
from silencio.settings import Evaluation, Experiment, Model, Site
from silencio.settings.service import Release
from silencio.steps import build
from silencio.steps.house import House
from silencio.workspace import Workspace
from tests.stores import make_catalog, make_windows
from tests.training.eras import small

A = TypeVar("A", bound=Artifact)
RUN = "a-run"
MEMBERS = ({"architecture": "cnn", "width": 5}, {"architecture": "fcnn", "hidden": [8]})


@dataclass(frozen=True)
class Desk:
    """Artifacts in a folder, and the arguments that nearly every component takes."""

    house: House
    folder: Path

    @property
    def where(self) -> dict[str, str]:
        return {
            "experiment": self.house.experiment.to_yaml(),
            "workspace": str(self.house.workspace.root),
        }

    @property
    def noting(self) -> dict[str, str]:
        return {**self.where, "run": RUN}

    def artifact(self, name: str, kind: type[A] = Artifact) -> A:  # type: ignore[assignment]
        return kind(name=name, uri=str(self.folder / name))

    def holding(self, handover: Handover) -> Artifact:
        """What a step before this one would have handed over."""
        artifact = self.artifact(f"{handover.kind.noun}-{handover.digest[:8]}")
        handover.receipt().write(Path(artifact.path))
        return artifact


class Workshop:
    """Two seconds of training, and all that comes after it; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        workspace = Workspace(folder / "workspace")
        self.house = House(_experiment(), Site(workspace=str(workspace.root)), workspace)
        self._store = make_windows(folder / "windows")
        self.windows = self._store.handover

    @cached_property
    def catalog(self) -> Handover:
        return make_catalog(self._store)

    @cached_property
    def checkpoint(self) -> Handover:
        return build.train(self.house, self.windows)

    @cached_property
    def bundle(self) -> Handover:
        return build.optimize(self.house, self.catalog, self.windows, self.checkpoint, None)

    @cached_property
    def image(self) -> Handover:
        """Only the context: to build it takes minutes, or a registry that nobody reaches."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", "/nowhere")
            return build.package(self.house, self.bundle)

    def with_changes(self, **changes: Any) -> House:
        """The same workspace under another experiment."""
        return replace(self.house, experiment=self.house.experiment.model_copy(update=changes))


def _experiment() -> Experiment:
    experiment = small("epochs: 1")
    only = experiment.optimize.model_copy(update={"variants": ("fp32",)})
    # A machine that does other things as well must not decide.
    patient = Release(requests=10, max_p95_ms=30_000, users=(2, 4))
    return experiment.model_copy(update={"optimize": only, "release": patient})


def ensemble_of(experiment: Experiment) -> Experiment:
    model = Model.model_validate({"architecture": "ensemble", "members": MEMBERS})
    return experiment.model_copy(update={"model": model})


def barred(evaluation: Evaluation, at_least: float) -> Evaluation:
    """With that much mAP as the only bar."""
    rule = {"metric": "map", "slice": "overall", "at_least": at_least}
    return Evaluation.model_validate(evaluation.model_dump() | {"gates": [rule]})


def moved(house: House, version: Version, to: Stage, workshop: Workshop) -> None:
    """As somebody would move it by hand: nothing is deployed."""
    good = GateResult.at_least("map", "overall", 0.7, 0.5)
    promote(
        house.registry,
        house.record,
        house.registry.get(version.number),
        to,
        bundle=Bundle(workshop.bundle),
        gates=[good],
        approved_by="Rosa",
        reason="a test",
    )


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture
def desk(workshop: Workshop, tmp_path: Path) -> Desk:
    return Desk(workshop.house, tmp_path)


@pytest.fixture
def release_desk(workshop: Workshop, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A registry model and a promotion record of the test's own; what serves is stopped at its end."""
    house = workshop.with_changes(name=f"test-{digest_of(request.node.nodeid)[:16]}")
    yield Desk(house, tmp_path)
    house.tracks.stop_all()


@pytest.fixture
def staged(workshop: Workshop, release_desk: Desk) -> Version:
    """A version at stage staging."""
    return build.register(release_desk.house, workshop.bundle, workshop.image, [])
