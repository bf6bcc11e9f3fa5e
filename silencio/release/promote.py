"""The one door between stages: every move is judged here, written to the promotion record, and only then made."""

from collections.abc import Iterable

from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.optimize.bundle import Bundle
from silencio.registry.record import Entry, Move, PromotionRecord
from silencio.registry.stages import NEXT, Stage
from silencio.registry.versions import Registry, Version


def promote(
    registry: Registry,
    record: PromotionRecord,
    version: Version,
    to: Stage,
    *,
    bundle: Bundle,
    gates: Iterable[GateResult] = (),
    approved_by: str | None = None,
    reason: str,
    image: str | None = None,
) -> Entry | None:
    """Move a version to a stage. None if it stands there already.

    Upwards only on gates that all pass, and to production only with the name of the person who approved.
    Whoever held the stage before is archived.
    """
    results = tuple(gates)
    verdict = decision(results)
    if version.stage is to:
        return None
    if to not in NEXT[version.stage]:
        raise WrongUse(
            f"Version {version.number} of {version.model} is at {version.stage}; from there nothing goes to {to}.",
            f"Possible: {', '.join(sorted(NEXT[version.stage]))}.",
        )
    if to is not Stage.ARCHIVED and verdict is not Verdict.PASS:
        raise GateRefused(
            f"Version {version.number} of {version.model} may not go to {to}: {explain(results)}",
            "Train a better one, or measure again where nothing could be said.",
        )
    if to is Stage.PRODUCTION and not approved_by:
        raise GateRefused(
            f"Version {version.number} of {version.model} waits for a person's approval.",
            "Look at its report and at the canary, then name who approves: --approved-by NAME.",
        )
    holder = registry.at(to) if to is not Stage.ARCHIVED else None

    def move(moved: Version, stage: Stage, why: str, of: Bundle, judged: tuple[GateResult, ...]) -> Entry:
        entry = record.append(
            Move(
                model=moved.model,
                version=moved.number,
                stage=stage.value,
                data=of.facts["catalog"],
                commit=of.facts["commit"],
                run=moved.run_id,
                bundle=of.digest,
                image=image if moved is version else None,
                gates=tuple(g.to_json() for g in judged),
                decision=decision(judged).value if judged else "none asked",
                approved_by=approved_by,
                reason=why,
            )
        )
        registry.set_stage(moved, stage)
        return entry

    entry = move(version, to, reason, bundle, results)
    if holder and holder.number != version.number:
        move(holder, Stage.ARCHIVED, f"version {version.number} took its place", registry.fetch(holder), ())
    return entry


def explain(results: Iterable[GateResult]) -> str:
    """Why not, in a sentence."""
    refusing = [f"{g.name} on {g.slice}: {g.reason}" for g in results if g.verdict is not Verdict.PASS]
    return " ".join(refusing) or "no gate was asked."
