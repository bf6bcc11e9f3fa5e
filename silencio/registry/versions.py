"""Model versions in MLflow's registry: one a bundle, its stage in an alias, a tag, and the classic stage."""

import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from silencio.errors import SilencioError
from silencio.optimize.bundle import Bundle
from silencio.registry.runs import Runs
from silencio.registry.stages import ALIASED, CLASSIC, Stage
from silencio.settings import Site
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

DIGEST, STAGE = "silencio.bundle", "silencio.stage"
LATEST = "candidate"
"""The alias of the version that a run brought forth last, wherever it has gone since."""
ABSENT = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True)
class Version:
    model: str
    number: str
    bundle_digest: str
    stage: Stage
    run_id: str
    source: str


class Registry:
    """`register` and the look-ups; moving between stages is `silencio.release.promote`'s."""

    def __init__(self, site: Site, workspace: Workspace, experiment: str) -> None:
        self.model = f"silencio-{experiment}"
        self._experiment = experiment
        self._runs = Runs(site, workspace)
        self._client: MlflowClient = self._runs.client
        self._workspace = workspace

    def register(self, bundle: Bundle) -> Version:
        """The version of this bundle, made unless it is there. Its artifacts lie with the training's run."""
        self._ensure_model()
        version = self.with_bundle(bundle.digest) or self._create(bundle)
        self._client.set_registered_model_alias(self.model, LATEST, version.number)
        return version

    def latest(self) -> Version | None:
        """What was registered last."""
        return self._holder(LATEST)

    def _create(self, bundle: Bundle) -> Version:
        run_id = self._run_of(bundle)
        place = f"bundle-{bundle.digest[:16]}"
        self._client.log_artifacts(run_id, str(bundle.folder), place)
        source = f"{self._client.get_run(run_id).info.artifact_uri}/{place}"
        tags = {
            DIGEST: bundle.digest,
            STAGE: Stage.CANDIDATE.value,
            "silencio.catalog": bundle.facts["catalog"],
            "silencio.commit": bundle.facts["commit"],
            "silencio.variant": bundle.facts["variant"],
            "silencio.map": f"{bundle.facts['map']:.4f}",
        }
        return _version(self._client.create_model_version(self.model, source, run_id, tags=tags))

    def _run_of(self, bundle: Bundle) -> str:
        """The server's name for the training's run, which the checkpoint may have been made without."""
        self._runs.deliver()
        run_id = self._runs.id_of(bundle.facts["run"], self._experiment)
        if run_id is None:
            raise SilencioError(
                f"{self._runs.shown} does not know the run {bundle.facts['run'][:12]} that this bundle is from.",
                "Name the server that it was tracked on (SILENCIO_MLFLOW_URI), or delete the checkpoint and train.",
            )
        return run_id

    def versions(self) -> list[Version]:
        """Oldest first."""
        found = self._client.search_model_versions(f"name = '{self.model}'")
        return sorted((_version(v) for v in found), key=lambda v: int(v.number))

    def with_bundle(self, digest: str | None) -> Version | None:
        return next((v for v in self.versions() if v.bundle_digest == digest), None)

    def get(self, number: str) -> Version:
        for version in self.versions():
            if version.number == number:
                return version
        raise SilencioError(
            f"{self.model} has no version {number}.", "`silencio registry list` shows those that there are."
        )

    def at(self, stage: Stage) -> Version | None:
        """The version that holds an aliased stage."""
        return self._holder(stage.value)

    def _holder(self, alias: str) -> Version | None:
        try:
            return _version(self._client.get_model_version_by_alias(self.model, alias))
        except MlflowException as error:
            # An alias that nobody holds is an invalid parameter to MLflow, a model that nobody made does not exist.
            if error.error_code in (ABSENT, "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def fetch(self, version: Version) -> Bundle:
        """The version's bundle on this machine's disk, verified."""
        fetched = self._workspace / "models/fetched"
        folder = fetched / version.bundle_digest[:16]
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=fetched) as partial:
                came = download_artifacts(
                    version.source, dst_path=partial, tracking_uri=self._client.tracking_uri
                )
                Path(came).replace(folder)
        bundle = Bundle.open(folder)
        if bundle.digest != version.bundle_digest:
            raise SilencioError(
                f"Version {version.number} of {self.model} was registered with bundle {version.bundle_digest[:12]}, "
                f"its artifacts are {bundle.digest[:12]}.",
                "Somebody changed them: roll back to another version.",
            )
        return bundle

    def set_stage(self, version: Version, stage: Stage) -> None:
        """For `silencio.release.promote` only, which has written the record before."""
        for other in ALIASED:
            holder = self.at(other)
            if holder and holder.number == version.number and other is not stage:
                self._client.delete_registered_model_alias(self.model, other.value)
        if stage in ALIASED:
            self._client.set_registered_model_alias(self.model, stage.value, version.number)
        self._client.set_model_version_tag(self.model, version.number, STAGE, stage.value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            try:
                self._client.transition_model_version_stage(self.model, version.number, CLASSIC[stage])
            except (MlflowException, AttributeError) as error:
                log.debug("this server has no classic stages: %s", error)

    def _ensure_model(self) -> None:
        try:
            self._client.create_registered_model(self.model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _version(found: ModelVersion) -> Version:
    return Version(
        model=found.name,
        number=str(found.version),
        bundle_digest=found.tags[DIGEST],
        stage=Stage(found.tags[STAGE]),
        run_id=found.run_id,
        source=found.source,
    )
