"""Where each version stands by what the record says, and where MLflow says otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from silencio.registry.chain import Fault, Kind, Line
from silencio.registry.record import moves_made
from silencio.registry.stages import ALIASED, CLASSIC, Stage
from silencio.registry.versions import Registry, Version

PUT_BACK = (
    "If it was meant, promote it in earnest: `silencio pipeline promote`. `silencio registry repair` puts back "
    "what the record says."
)


@dataclass(frozen=True)
class Standing:
    stages: Mapping[str, Stage]
    """By version; those that were never moved are not in it."""
    pruned: frozenset[str]

    @classmethod
    def of(cls, lines: Sequence[Line], model: str) -> "Standing":
        own = [e.move for e in moves_made(lines) if e.move["model"] == model]
        gone = [line.body for line in lines if line.kind is Kind.PRUNED and line.body["model"] == model]
        return cls(
            {move["version"]: Stage(move["stage"]) for move in own},
            frozenset(version["number"] for body in gone for version in body["versions"]),
        )

    def stage(self, number: str) -> Stage:
        return self.stages.get(number, Stage.CANDIDATE)

    def holders(self) -> dict[Stage, str]:
        return {stage: number for number, stage in self.stages.items() if stage in ALIASED}


def contradictions(
    standing: Standing, registry: Registry, versions: Sequence[Version], moving: frozenset[str]
) -> Iterator[Fault]:
    """Between the record and MLflow; `moving` are the versions of a move that was begun, of which either is right."""
    held, holders = registry.aliases(), standing.holders()
    for stage in ALIASED:
        found, said = held.get(stage), holders.get(stage)
        if found != said and not {found, said} & moving:
            yield Fault(
                f"The alias {stage} of {registry.model} is {_holder(found)}; by the record it is {_holder(said)}: "
                "it was moved by hand.",
                PUT_BACK,
            )
    # A server without the classic stages says None of every version.
    classics = any(version.classic != "None" for version in versions)
    for version in versions:
        said = standing.stage(version.number)
        if version.number in standing.pruned:
            yield Fault(
                f"Version {version.number} was to be taken out of the registry, and is still there.",
                "`silencio registry prune` goes on with it.",
            )
        if version.number in moving | standing.pruned:
            continue
        if version.stage is not said:
            yield Fault(
                f"Version {version.number} is tagged {version.stage}; by the record it is at {said}: "
                "the tag was changed by hand.",
                PUT_BACK,
            )
        if classics and version.classic != CLASSIC[said]:
            yield Fault(
                f"Version {version.number} is at MLflow's own stage {version.classic}; at {said} it should be at "
                f"{CLASSIC[said]}: it was moved by hand.",
                PUT_BACK,
            )
    there = {version.number for version in versions}
    for number, stage in standing.stages.items():
        if number not in there | standing.pruned:
            yield Fault(
                f"Version {number}, by the record at {stage}, is not in {registry.model}: it was deleted by hand.",
                "Its bundle may lie in models/bundles of a workspace still; bring back a backup of the registry.",
            )


def _holder(number: str | None) -> str:
    return f"version {number}" if number else "nobody's"
