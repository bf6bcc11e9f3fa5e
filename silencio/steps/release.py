"""From a registered version to production traffic, or back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

from silencio.errors import GateRefused, WrongUse
from silencio.identity import code_digest, digest_of, digest_of_file
from silencio.steps.house import House

if TYPE_CHECKING:
    from silencio.evaluation.gates import GateResult, Verdict
    from silencio.registry.departure import Departure
    from silencio.registry.versions import Version
    from silencio.release.canary import CanaryAnalysis
    from silencio.release.tracks import Deployment


def deploy_staging(house: House, version: "Version") -> "Deployment | None":
    """The version's own bundle, out of the registry, on the staging track, where no traffic goes by itself.

    None for a version that has gone further already.
    """
    from silencio.registry.stages import Stage
    from silencio.release.router import Track

    if version.stage is not Stage.STAGING:
        return None
    return house.tracks.deploy(Track.STAGING, house.registry.fetch(version).folder)


@dataclass(frozen=True)
class Trial:
    """How a version bore staging."""

    results: "tuple[GateResult, ...]"
    said: str

    @property
    def verdict(self) -> "Verdict":
        """A version that has gone further needs no gates to be let through."""
        from silencio.evaluation.gates import Verdict, decision

        return decision(self.results) if self.results else Verdict.PASS


def try_staging(house: House, version: "Version", recordings: Sequence[Path]) -> Trial:
    """Roll the version out to staging, and send crowds of users to it, unless it bore the same crowds before.

    One in the archive is not tried: `register` brought back what may come back. One that has gone further is left
    alone.
    """
    from silencio.evaluation.gates import Verdict, decision
    from silencio.registry.departure import departure
    from silencio.serving.crowd import bear

    deployment = deploy_staging(house, version)
    if deployment is not None:
        release = house.experiment.release
        crowds = f"with crowds of {', '.join(map(str, release.users))}"
        kept = _kept(house, version, recordings)
        if not kept.exists():
            results = tuple(bear(deployment.address, recordings, release))
            if decision(results) is Verdict.PASS:
                _keep(results, kept)
            return Trial(results, f"version {version.number} at {deployment.address}, {crowds}")
        return Trial(_read(kept), f"version {version.number} at {deployment.address}, {crowds} before")
    if left := departure(house.record, version):
        return Trial((_not_tried(version, left),), f"version {version.number} is in the archive")
    return Trial((), f"version {version.number} is at {version.stage} already")


def _not_tried(version: "Version", left: "Departure") -> "GateResult":
    """Why not, and what helps."""
    from silencio.evaluation.gates import GateResult, Verdict

    helps = "Run again." if left.replaced else "It does not come back by itself: change settings or data."
    verdict = Verdict.INCONCLUSIVE if left.replaced else Verdict.FAIL
    nothing = (nan, nan, nan, nan)
    return GateResult("not tried", f"version {version.number}", *nothing, verdict, f"{left.said} {helps}")


def _kept(house: House, version: "Version", recordings: Sequence[Path]) -> Path:
    """Where a trial that passed is kept: another place for another bundle, other crowds or other code."""
    release = house.experiment.release
    asked = {
        "bundle": version.bundle_digest,
        "recordings": [digest_of_file(path) for path in recordings],
        "release": release.model_dump(mode="json"),
        "code": code_digest("audio", "optimize", "serving", "release"),
    }
    return house.workspace / "reports/staging" / f"{digest_of(asked)[:16]}.json"


def _keep(results: "Sequence[GateResult]", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([gate.to_json() for gate in results], indent=2))
    partial.replace(path)


def _read(path: Path) -> "tuple[GateResult, ...]":
    from silencio.evaluation.gates import GateResult

    return tuple(GateResult.from_json(gate) for gate in json.loads(path.read_text()))


def withdraw(house: House, version: "Version", gates: "Sequence[GateResult]", reason: str) -> "Version":
    """Archive a version that did not bear staging; one that is not there any more is left alone."""
    from silencio.registry.stages import Stage
    from silencio.release.router import Track

    if version.stage is Stage.STAGING:
        _archive(house, version, gates, reason)
        house.tracks.retire(Track.STAGING)
    return house.registry.get(version.number)


def restore(house: House) -> str:
    """Serve the registry's production version again where its process is gone; the gateway's address."""
    from silencio.registry.stages import Stage
    from silencio.release.router import Track

    version = house.registry.at(Stage.PRODUCTION)
    if version is None:
        raise GateRefused(
            "Nothing is in production.", "Promote a version first: `silencio pipeline promote`."
        )
    house.tracks.deploy(Track.PRODUCTION, house.registry.fetch(version).folder)
    if Track.CANARY not in house.tracks.running():
        house.tracks.set_weights({Track.PRODUCTION: 100})
    return house.tracks.gateway_address()


def start_canary(house: House, version: "Version") -> str:
    """The version beside the champion on its share of the traffic; the gateway's address."""
    from silencio.registry.stages import Stage
    from silencio.release.promote import promote
    from silencio.release.router import Track

    bundle = house.registry.fetch(version)
    if version.stage is not Stage.CANARY:
        promote(
            house.registry,
            house.record,
            version,
            Stage.CANARY,
            bundle=bundle,
            gates=house.record.gates(version.model, version.number),
            reason="a share of the traffic, to be watched",
        )
    house.tracks.deploy(Track.CANARY, bundle.folder)
    share = round(100 * house.experiment.release.canary_share)
    alone = Track.PRODUCTION not in house.tracks.running()
    weights = {Track.CANARY: 100} if alone else {Track.PRODUCTION: 100 - share, Track.CANARY: share}
    house.tracks.set_weights(weights)
    return house.tracks.gateway_address()


def analyse_canary(house: House, version: "Version", recordings: Sequence[Path]) -> "CanaryAnalysis":
    from silencio.release.canary import analyse
    from silencio.release.router import Track

    baseline = Track.PRODUCTION if Track.PRODUCTION in house.tracks.running() else None
    bundle = house.registry.fetch(version)
    return analyse(
        house.tracks.gateway_address(), baseline, list(recordings), bundle, house.experiment.release
    )


def finish(
    house: House, version: "Version", gates: Sequence["GateResult"], approved_by: str | None
) -> "Version":
    """All traffic to the version, if its gates passed and a person approved; the tracks on its way are freed."""
    from silencio.registry.stages import Stage
    from silencio.release.promote import promote
    from silencio.release.router import Track

    bundle = house.registry.fetch(version)
    promote(
        house.registry,
        house.record,
        version,
        Stage.PRODUCTION,
        bundle=bundle,
        gates=gates,
        approved_by=approved_by,
        reason="the canary did well",
    )
    house.tracks.deploy(Track.PRODUCTION, bundle.folder)
    house.tracks.set_weights({Track.PRODUCTION: 100})
    for track in (Track.CANARY, Track.STAGING):
        house.tracks.retire(track)
    return house.registry.get(version.number)


def roll_back(house: House, version: "Version", gates: Sequence["GateResult"], reason: str) -> None:
    """No more traffic to a canary; production serves on as it did."""
    from silencio.registry.stages import Stage
    from silencio.release.router import Track

    if version.stage is Stage.PRODUCTION:
        raise WrongUse(
            f"Version {version.number} is in production.",
            "Promote the version that is to take its place instead.",
        )
    house.tracks.retire(Track.CANARY)
    _archive(house, version, gates, reason)


def _archive(house: House, version: "Version", gates: "Sequence[GateResult]", reason: str) -> None:
    from silencio.registry.stages import Stage
    from silencio.release.promote import promote

    promote(
        house.registry,
        house.record,
        version,
        Stage.ARCHIVED,
        bundle=house.registry.fetch(version),
        gates=gates,
        reason=reason,
    )


def waiting(house: House) -> "Version":
    """The version that a promotion is about: the one on canary, else the one on staging."""
    from silencio.registry.stages import Stage

    version = house.registry.at(Stage.CANARY) or house.registry.at(Stage.STAGING)
    if version is None:
        raise GateRefused(
            f"No version of {house.registry.model} is on staging.",
            "Run `silencio pipeline run` first: what passes its gates goes there.",
        )
    return version
