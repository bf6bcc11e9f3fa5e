"""Model versions in MLflow's registry: one a bundle, its stage in an alias, a tag, and the classic stage."""

import logging
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.environment_variables import MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from silencio.errors import SilencioError
from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.optimize.bundle import MODEL, Bundle
from silencio.registry.claims import Claims
from silencio.registry.copies import Copies, Home
from silencio.registry.mlflow_model import AROUND, write_around
from silencio.registry.runs import Runs
from silencio.registry.stages import ALIASED, CLASSIC, Stage
from silencio.settings import Site
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

DIGEST, STAGE = "silencio.bundle", "silencio.stage"
IMAGE, SBOM = "silencio.image", "silencio.sbom"
LATEST = "candidate"
"""The alias of the version that a run brought forth last, wherever it has gone since."""
ABSENT = "RESOURCE_DOES_NOT_EXIST"
NO_SUCH_REQUEST = {"ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED"}


@dataclass(frozen=True)
class Version:
    model: str
    number: str
    bundle_digest: str
    stage: Stage
    run_id: str
    source: str
    at: datetime
    """When it was registered."""
    classic: str = "None"
    """The stage under its old name; None where the server has no such stages."""
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)

    def tag(self, name: str) -> str:
        """Empty if nothing was said of it when it was registered."""
        return self.tags.get(f"silencio.{name}", "")

    @property
    def home(self) -> Home:
        """Where its copy of the promotion record lies."""
        return Home(self.number, self.run_id, f"record-{self.bundle_digest[:16]}")


class Registry:
    """`register` and the look-ups; moving between stages is `silencio.release.promote`'s."""

    def __init__(self, site: Site, workspace: Workspace, experiment: str) -> None:
        # What takes long has a bar of its own here.
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
        self.model = f"silencio-{experiment}"
        self._experiment = experiment
        self._runs = Runs(site, workspace)
        self._client: MlflowClient = self._runs.client
        self._workspace = workspace
        self.claims = Claims(self._client, self.model)
        self.copies = Copies(self._client, self.model)

    @property
    def shown(self) -> str:
        """Where it is, with no password."""
        return self._runs.shown

    def register(self, bundle: Bundle) -> Version:
        """The version of this bundle, made unless it is there. Its artifacts lie with the training's run."""
        self._ensure_model()
        version = self.with_bundle(bundle.digest) or self._create(bundle)
        self._client.set_registered_model_alias(self.model, LATEST, version.number)
        return version

    def note_image(self, version: Version, image: str | None, sbom: str) -> None:
        """What it is packaged in: the image's digest, None where none was built, and that of the list of what is in it.

        One that was built before stays where none was built now, with its own list.
        """
        if image is None and version.tag("image"):
            return
        for name, digest in ((IMAGE, image), (SBOM, sbom)):
            if digest:
                self._client.set_model_version_tag(self.model, version.number, name, digest)

    def latest(self) -> Version | None:
        """What was registered last."""
        return self._holder(LATEST)

    def _create(self, bundle: Bundle) -> Version:
        run_id = self._run_of(bundle)
        place = f"bundle-{bundle.digest[:16]}"
        self._client.log_artifacts(run_id, str(bundle.folder), place)
        source = f"{self._client.get_run(run_id).info.artifact_uri}/{place}"
        # No pickle is anywhere in it: MLflow's ONNX flavour reads the bundle's own model.
        with tempfile.TemporaryDirectory() as folder:
            for file in write_around(bundle, Path(folder)):
                self._client.log_artifact(run_id, str(file), place)
        tags = {DIGEST: bundle.digest, STAGE: Stage.CANDIDATE.value, **told_of(bundle)}
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
                self.download(version, Path(partial)).replace(folder)
        bundle = Bundle.open(folder)
        if bundle.digest != version.bundle_digest:
            raise SilencioError(
                f"Version {version.number} of {self.model} was registered with bundle {version.bundle_digest[:12]}, "
                f"its artifacts are {bundle.digest[:12]}.",
                "Somebody changed them: roll back to another version.",
            )
        return bundle

    def download(self, version: Version, into: Path) -> Path:
        """The version's bundle as MLflow keeps it now, without what MLflow has around it."""
        came = Path(
            download_artifacts(version.source, dst_path=str(into), tracking_uri=self._client.tracking_uri)
        )
        for name in AROUND:
            (came / name).unlink(missing_ok=True)
        return came

    def aliases(self) -> Mapping[Stage, str]:
        """The number of the version that holds each aliased stage."""
        try:
            found = self._client.get_registered_model(self.model).aliases
        except MlflowException as error:
            if error.error_code == ABSENT:
                return {}
            raise
        return {stage: str(found[stage.value]) for stage in ALIASED if stage.value in found}

    def set_stage(self, version: Version, stage: Stage) -> None:
        """For `silencio.registry.moving` only, which has written the record before. Done twice, it is done once."""
        if stage in ALIASED:
            self._client.set_registered_model_alias(self.model, stage.value, version.number)
        for other, holder in self.aliases().items():
            if holder == version.number and other is not stage:
                self._client.delete_registered_model_alias(self.model, other.value)
        self._client.set_model_version_tag(self.model, version.number, STAGE, stage.value)
        self._set_classic(version, stage)

    def remove(self, version: Version) -> None:
        """The version, and the bundle that MLflow keeps; its run and its copy of the record stay."""
        root, _, place = version.source.rpartition("/")
        self._client.delete_model_version(self.model, version.number)
        get_artifact_repository(root, self._client.tracking_uri).delete_artifacts(place)
        shutil.rmtree(self._workspace / "models/fetched" / version.bundle_digest[:16], ignore_errors=True)

    def parameters(self, version: Version) -> Mapping[str, str] | None:
        """What its training was told, as MLflow keeps it; None if its run was deleted."""
        try:
            run = self._client.get_run(version.run_id)
        except MlflowException as error:
            if error.error_code == ABSENT:
                return None
            raise
        return dict(run.data.params) if run.info.lifecycle_stage == "active" else None

    def _set_classic(self, version: Version, stage: Stage) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            try:
                self._client.transition_model_version_stage(self.model, version.number, CLASSIC[stage])
            except AttributeError as error:
                log.debug("this MLflow has no classic stages: %s", error)
            except MlflowException as error:
                if error.error_code not in NO_SUCH_REQUEST:
                    raise
                log.debug("this server has no classic stages: %s", error)

    def _ensure_model(self) -> None:
        try:
            self._client.create_registered_model(self.model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def told_of(bundle: Bundle) -> dict[str, str]:
    """What a version's tags say of its bundle, for lists and for MLflow's pages."""
    facts = bundle.facts
    gates = [GateResult.from_json(gate) for gate in facts.get("gates", ())]
    passed = sum(gate.verdict is Verdict.PASS for gate in gates)
    return {
        "silencio.catalog": facts["catalog"],
        "silencio.commit": facts["commit"],
        "silencio.architecture": facts.get("architecture", ""),
        "silencio.variant": facts["variant"],
        "silencio.map": f"{facts['map']:.4f}",
        "silencio.size_mb": f"{(bundle.folder / MODEL).stat().st_size / 2**20:.2f}",
        "silencio.gates": f"{decision(gates)}: {passed} of {len(gates)} passed" if gates else "none asked",
    }


def _version(found: ModelVersion) -> Version:
    return Version(
        model=found.name,
        number=str(found.version),
        bundle_digest=found.tags[DIGEST],
        stage=Stage(found.tags[STAGE]),
        run_id=found.run_id,
        source=found.source,
        at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        classic=found.current_stage or "None",
        tags=dict(found.tags),
    )
