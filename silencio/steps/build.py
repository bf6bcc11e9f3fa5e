"""From recordings to a registered version: each step takes what was handed over before, and hands over the next."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, git_commit
from silencio.progress import Progress, Tell, counting, nobody
from silencio.settings import Experiment
from silencio.steps.house import House

# Rooms are imported by the steps that need them: a step that finds its work done must not wait for torch.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from silencio.data.windows.crews import Crew
    from silencio.data.windows.store import Windows
    from silencio.evaluation.contestant import Contestant, Hears
    from silencio.evaluation.gates import GateResult
    from silencio.registry.versions import Version
    from silencio.training.epoch import Epoch
    from silencio.training.tracker import OpenTracker
    from silencio.training.warm_start import Ancestor

RECORDINGS = 12
"""How many test recordings the integration test and the canary send."""
LEFT_ALONE_SECONDS = 60
"""After which the service of an integration test ends by itself: its own end came if who asked it was killed."""


def survey(house: House, with_feedback: bool = True) -> str:
    """A digest of what there is to learn from: while it stays the same, so does the catalog."""
    from silencio.data.ingest.make import survey as look

    return digest_of(look(house.experiment, house.workspace, house.feedback if with_feedback else None))


def ingest(
    house: House, with_feedback: bool = True, tell: Tell = nobody, with_passive: bool = False
) -> Handover:
    from silencio.data.ingest.make import ingest as make

    feedback = house.feedback if with_feedback else None
    return make(house.experiment, house.workspace, feedback, tell, with_passive)


def features(house: House, catalog: Handover, tell: Tell = nobody, crew: "Crew | None" = None) -> Handover:
    from silencio.data.windows.store import build_windows

    told = counting(tell, "recordings heard")
    return build_windows(catalog, house.experiment.audio, house.workspace, told, crew)


def train(
    house: House,
    windows: Handover,
    tell: Tell = nobody,
    open_tracker: "OpenTracker | None" = None,
    on_epoch: "Callable[[Epoch], None] | None" = None,
) -> Handover:
    """As the experiment says: from scratch, or from the champion's weights where it asks for a warm start.

    Tracked as a run of its own, unless another tracker is given. `on_epoch` may raise to end it.
    """
    if house.experiment.model.architecture == "ensemble":
        from silencio.steps.ensemble import train_ensemble

        return train_ensemble(house, windows, tell, open_tracker)
    from silencio.data.windows.store import Windows
    from silencio.steps.ancestor import ancestor

    store, asked = Windows.open(windows), house.experiment
    began = ancestor(house, store, weights(house)) if asked.training.warm_start else None
    return fit(house, asked, store, began, tell, open_tracker, on_epoch)


def fit(
    house: House,
    experiment: Experiment,
    store: "Windows",
    began: "Ancestor | None",
    tell: Tell = nobody,
    open_tracker: "OpenTracker | None" = None,
    on_epoch: "Callable[[Epoch], None] | None" = None,
) -> Handover:
    from silencio.registry.runs import Runs
    from silencio.training.run import train as learn

    def told(epoch: "Epoch") -> None:
        tell(Progress(epoch.number, epoch.of, f"epochs, {epoch.said()}"))
        if on_epoch:
            on_epoch(epoch)

    runs = Runs(house.site, house.workspace)
    opened, cluster = open_tracker or runs.open, house.site.ray_address
    return learn(experiment, store, house.workspace, opened, told, weights(house), began, cluster)


def weights(house: House) -> Path | None:
    """The file of published weights that the experiment names, brought to this machine."""
    from silencio.models.weights import Sources, bring
    from silencio.registry.runs import tracking_uri

    sources = Sources(house.workspace / "raw/weights", tracking_uri(house.site, house.workspace))
    return bring(house.experiment.model, sources)


def champion(house: House, checkpoint: Handover) -> Handover | None:
    """The bundle that a candidate is compared with: production's, unless that one came from this checkpoint.

    Then it is the one that production's was itself compared with: a run that is repeated after its promotion
    asks what it asked before, and finds everything done.
    """
    from silencio.registry.stages import Stage

    version = house.registry.at(Stage.PRODUCTION)
    if version is None:
        return None
    bundle = house.registry.fetch(version)
    if bundle.facts["checkpoint"] != checkpoint.digest:
        return bundle.handover
    before = house.registry.with_bundle(bundle.facts["champion"])
    return house.registry.fetch(before).handover if before else None


def tracked_at(house: House, checkpoint: Handover) -> str | None:
    """Where MLflow shows a checkpoint's training; None if it does not know of it yet."""
    from silencio.registry.runs import Runs

    return Runs(house.site, house.workspace).address_of(checkpoint.facts["run"])


def evaluate(
    house: House, catalog: Handover, windows: Handover, checkpoint: Handover, champion: Handover | None
) -> Handover:
    from silencio.data.windows.store import Windows
    from silencio.evaluation.run import evaluate_checkpoint
    from silencio.training.checkpoint import Checkpoint

    store = Windows.open(windows)
    rival = _champion(house, champion, catalog, windows)
    sealed = Checkpoint(checkpoint)
    return evaluate_checkpoint(house.experiment, catalog, store, sealed, house.workspace, rival)


def optimize(
    house: House,
    catalog: Handover,
    windows: Handover,
    checkpoint: Handover,
    champion: Handover | None,
    tell: Tell = nobody,
) -> Handover:
    from silencio.data.windows.store import Windows
    from silencio.optimize.run import optimize as search
    from silencio.training.checkpoint import Checkpoint

    store = Windows.open(windows)
    rival = _champion(house, champion, catalog, windows)
    learnt = Checkpoint(checkpoint)
    bundle = search(house.experiment, catalog, store, learnt, house.workspace, rival, tell, _reference)
    _keep_search(house, bundle)
    return bundle


def _reference(folder: Path, windows: "Windows", hears: "Hears", thresholds: "NDArray[np.float32]") -> None:
    """What drift is told from later: what the model heard while all was well."""
    from silencio.monitoring.from_windows import reference_from

    reference_from(windows, hears, thresholds).write(folder)


def _keep_search(house: House, bundle: Handover) -> None:
    """The table, its picture and the chosen one's figures, with the training's run."""
    from silencio.optimize.bundle import REPORT
    from silencio.optimize.pareto import PLOT
    from silencio.optimize.rows import TABLE, Table
    from silencio.registry.runs import Runs

    place = f"variants-{bundle.digest[:16]}"
    found = Table.read(bundle.folder).chosen.figures()
    figures = {f"optimize-{bundle.digest[:8]}/{name}": value for name, value in found.items()}
    files = [bundle / TABLE, bundle / f"{REPORT}/{PLOT}"]
    Runs(house.site, house.workspace).add(bundle.facts["run"], figures, files, place)


def _champion(
    house: House, bundle: Handover | None, catalog: Handover, windows: Handover
) -> "Contestant | None":
    from silencio.data.windows.store import Windows
    from silencio.optimize.bundle import Bundle
    from silencio.optimize.champion import champion_of

    return champion_of(Bundle(bundle), catalog, Windows.open(windows), house.workspace) if bundle else None


def integration_test(house: House, bundle: Handover, catalog: Handover) -> list["GateResult"]:
    """Start the real service on the bundle, in a process of its own, and ask it all that its callers rely on.

    One that breaks its contract is not given any streams.
    """
    from silencio.evaluation.gates import Verdict, decision
    from silencio.optimize.bundle import Bundle
    from silencio.serving.contract import check_service
    from silencio.serving.process import free_port, silencio_command, start
    from silencio.serving.rehearsal import rehearse

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # What the test says in its feedback is not meant for any training.
    with tempfile.TemporaryDirectory() as feedback, tempfile.TemporaryDirectory() as streams:
        what = ("--bundle", str(bundle.folder), "--feedback", feedback, "--port", str(port))
        options = (*what, "--stop-after-idle", str(LEFT_ALONE_SECONDS))
        logged = house.workspace / "logs" / "integration-test.log"
        service = start(silencio_command("serve", *options), logged, f"{address}/readyz")
        try:
            served, recordings = Bundle(bundle), unseen_recordings(catalog)
            kept = check_service(address, served, recordings, house.experiment.release.max_p95_ms)
            if decision(kept) is Verdict.FAIL:
                return kept
            return [*kept, *rehearse(address, served, recordings, Path(streams))]
        finally:
            service.stop()


def unseen_recordings(catalog: Handover, most: int = RECORDINGS) -> list[Path]:
    """Recordings that no model was trained on, spread over the catalog's test part."""
    from silencio.data.catalog import Catalog

    opened = Catalog.open(catalog)
    uris = opened.recordings.filter(part="test")["uri"].to_list()
    return [opened.path_of(uri) for uri in uris[:: max(1, len(uris) // most)][:most]]


def package(house: House, bundle: Handover) -> Handover:
    """The container's build context, the digest of its SBOM and, where it can be built, of the image."""
    from silencio.serving.package import build_image, write_context

    inputs = {
        "bundle": bundle.digest,
        "code": code_digest(),
        "commit": git_commit(),
        "builder": shutil.which("buildah"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        shutil.rmtree(folder / "context", ignore_errors=True)
        context = write_context(bundle.folder, folder / "context")
        image = build_image(context, f"silencio:{bundle.digest[:12]}")
        return {"image": image.digest, "sbom": image.sbom, "note": image.note}

    return house.workspace.produce(Kind.IMAGE, inputs, build)


def register(house: House, bundle: Handover, image: Handover, tested: Iterable["GateResult"]) -> "Version":
    """A version at stage staging, on the bundle's own gates and those of the integration test.

    One whose place another had taken is put there again. One that was rolled back or did not bear staging is left in
    the archive, and one that has gone further where it is.
    """
    from silencio.evaluation.gates import GateResult
    from silencio.optimize.bundle import Bundle
    from silencio.registry.departure import departure
    from silencio.registry.stages import Stage
    from silencio.release.promote import promote

    judged = [GateResult.from_json(gate) for gate in bundle.facts["gates"]]
    version = house.registry.register(Bundle(bundle))
    left = departure(house.record, version) if version.stage is Stage.ARCHIVED else None
    if version.stage is Stage.CANDIDATE or (left and left.replaced):
        again = f"; asked for again: {left.reason}" if left else ""
        house.registry.note_image(version, image.facts["image"], image.facts["sbom"])
        promote(
            house.registry,
            house.record,
            version,
            Stage.STAGING,
            bundle=Bundle(bundle),
            gates=[*judged, *tested],
            reason=f"passed offline evaluation, optimization and the integration test{again}",
            image=image.facts["image"],
        )
    return house.registry.get(version.number)
