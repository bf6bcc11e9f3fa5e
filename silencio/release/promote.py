"""The one door between stages: every move is judged here, written to the promotion record, and only then made."""

from collections.abc import Iterable, Sequence

from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.optimize.bundle import Bundle
from silencio.registry.moving import connected, make, turn
from silencio.registry.record import Entry, Move, Overtaken, PromotionRecord
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
    Whoever held the stage before is archived. Of two that promote at once the second raises Overtaken, naming the
    first: what the caller saw is what counts, the stage that `version` says and who holds `to` as this begins.
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
    what = f"version {version.number} to {to}"
    with connected(registry, what):
        holder = _holder(registry, to)
    with turn(registry, record, what, approved_by) as head:
        made, now = record.verify(), registry.get(version.number)
        if now.stage is not version.stage or _number(_holder(registry, to)) != _number(holder):
            raise _overtaken(version, to, now, made)

        def move(moved: Version, stage: Stage, why: str, judged: tuple[GateResult, ...]) -> Move:
            own = moved.number == version.number
            return Move(
                model=moved.model,
                version=moved.number,
                before=moved.stage.value,
                stage=stage.value,
                data=bundle.facts["catalog"] if own else moved.tag("catalog"),
                commit=bundle.facts["commit"] if own else moved.tag("commit"),
                run=moved.run_id,
                bundle=moved.bundle_digest,
                image=(image if own else None) or _image(moved, made),
                gates=tuple(g.to_json() for g in judged),
                decision=decision(judged).value if judged else "none asked",
                approved_by=approved_by,
                reason=why,
            )

        moves = [move(version, to, reason, results)]
        if holder and holder.number != version.number:
            why = f"version {version.number} took its place"
            moves.append(move(holder, Stage.ARCHIVED, why, ()))
        intent = make(registry, record, moves, head)
    return next(entry for entry in record.verify() if entry.number == intent.number)


def _holder(registry: Registry, stage: Stage) -> Version | None:
    return registry.at(stage) if stage is not Stage.ARCHIVED else None


def _number(version: Version | None) -> str | None:
    return version.number if version else None


def _image(version: Version, made: Sequence[Entry]) -> str | None:
    """The one that it was packaged in, on its way before."""
    named = [e.move["image"] for e in made if (e.move["model"], e.move["version"]) == _named(version)]
    return next((image for image in reversed(named) if image), None)


def _named(version: Version) -> tuple[str, str]:
    return version.model, version.number


def _overtaken(version: Version, to: Stage, now: Version, made: Sequence[Entry]) -> Overtaken:
    """Who won."""
    first = next((e for e in reversed(made) if e.move["stage"] == to.value), None)
    if now.stage is not version.stage:
        first = next((e for e in reversed(made) if e.move["version"] == version.number), first)
    who = "somebody moved it by hand"
    if first:
        by = f", approved by {first.move['approved_by']}" if first.move["approved_by"] else ""
        who = f"version {first.move['version']} went to {first.move['stage']} first, at {first.at[:19]}{by}"
    return Overtaken(
        f"Version {version.number} of {version.model} did not go to {to}: {who}.",
        "Compare with what stands there now (`silencio registry list`), and promote again if it is still wanted.",
    )


def explain(results: Iterable[GateResult]) -> str:
    """Why not, in a sentence."""
    refusing = [f"{g.name} on {g.slice}: {g.reason}" for g in results if g.verdict is not Verdict.PASS]
    return " ".join(refusing) or "no gate was asked."
