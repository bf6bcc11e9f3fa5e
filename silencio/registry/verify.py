"""From what runs back to the data that it learned from: every link of it, and whatever is not as it was written."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from silencio.errors import SilencioError
from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.handover import Kind as Handed
from silencio.optimize.bundle import Bundle
from silencio.registry.chain import RESTORE, Fault, Line, lines_of, open_in
from silencio.registry.moving import REPAIR, connected, said
from silencio.registry.record import PromotionRecord, moves_made
from silencio.registry.stages import Stage
from silencio.registry.standing import Standing, contradictions
from silencio.registry.versions import Registry, Version
from silencio.workspace import Workspace

WINDOWS = "windows"
"""What a run learned from, and a bundle was made with."""


@dataclass(frozen=True)
class Verified:
    lines: int
    links: tuple[tuple[str, str], ...]
    """From the model in production to its data, a word and what is to be said of it."""
    faults: tuple[Fault, ...]


def verify(
    registry: Registry, record: PromotionRecord, workspace: Workspace, serving: Mapping[Stage, str]
) -> Verified:
    """`serving`: the digest of the bundle that the service of a stage runs right now, where one does."""
    with connected(registry, "a verification"):
        faults = record.faults()
        lines = [] if faults else record.lines()
        faults += _of_copies(registry, record, lines, broken=bool(faults))
        if record.faults():
            # Of what the record says nothing can be believed: only the registry's copy is left to go by.
            note = registry.copies.note()
            copy = registry.copies.fetch(note) if note else None
            lines = lines_of(copy) if copy else []
            if not lines:
                return Verified(0, (), tuple(faults))
        versions, begun = registry.versions(), open_in(lines)
        moving = frozenset(move["version"] for move in begun.moves) if begun else frozenset()
        faults += _of_unfinished(registry, begun)
        faults += contradictions(Standing.of(lines, registry.model), registry, versions, moving)
        faults += _of_copy_tags(versions, lines)
        faults += _of_services(registry, serving)
        links = tuple[tuple[str, str], ...]()
        for stage in (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION):
            version = registry.at(stage)
            if version and version.number not in moving:
                chain = Chain(registry, workspace, version, _last(lines, version, stage))
                faults += chain.faults()
                links = chain.links()
        held = registry.at(Stage.PRODUCTION)
        return Verified(len(lines), links if held else (), tuple(faults))


def _last(lines: Sequence[Line], version: Version, stage: Stage) -> Mapping[str, Any] | None:
    """The move that brought a version where it is."""
    for entry in reversed(moves_made(lines)):
        if (entry.move["model"], entry.move["version"]) == (version.model, version.number):
            return entry.move if entry.move["stage"] == stage else None
    return None


@dataclass(frozen=True)
class Chain:
    """Data, commit, run, bundle, image, gates, approval, stage: of one version that holds a stage."""

    registry: Registry
    workspace: Workspace
    version: Version
    move: Mapping[str, Any] | None

    def links(self) -> tuple[tuple[str, str], ...]:
        move = self.move
        if move is None:
            return ()
        passed = sum(gate["verdict"] == Verdict.PASS for gate in move["gates"])
        catalog = self.workspace.find(Handed.CATALOG, move["data"])
        return (
            (move["stage"], f"version {self.version.number} of {self.version.model}"),
            ("approved by", move["approved_by"] or "nobody was asked"),
            ("gates", f"{passed} of {len(move['gates'])} passed"),
            ("image", move["image"] or "none was built"),
            ("bundle", move["bundle"]),
            ("run", move["run"]),
            ("commit", move["commit"]),
            ("data", f"{move['data']}, {catalog.folder if catalog else 'not in this workspace'}"),
        )

    def faults(self) -> Iterator[Fault]:
        number, move = self.version.number, self.move
        if move is None:
            # That the record says otherwise is told of already.
            return
        said = {
            "bundle": self.version.bundle_digest,
            "run": self.version.run_id,
            "data": self.version.tag("catalog"),
            "commit": self.version.tag("commit"),
            # Nothing is said of one that was never packaged, or registered before its image was named there.
            "image": self.version.tag("image") or move["image"],
        }
        for word, found in said.items():
            if found != move[word]:
                yield Fault(
                    f"Version {number} is registered with the {word} {found[:12]}; it was promoted with "
                    f"{(move[word] or 'none')[:12]}.",
                    "Somebody changed it in the registry: roll back to another version, or restore a backup.",
                )
        if decision([GateResult.from_json(gate) for gate in move["gates"]]) is not Verdict.PASS:
            yield Fault(
                f"Version {number} went to {move['stage']} without passing its gates.",
                "It was not promoted by silencio: roll back to another version.",
            )
        if move["stage"] == Stage.PRODUCTION and not move["approved_by"]:
            yield Fault(
                f"Nobody approved version {number}.", "Roll back to a version that somebody did approve."
            )
        yield from self._of_data(move)
        remedy = "Roll back to another version, or register the bundle again from models/bundles."
        try:
            with tempfile.TemporaryDirectory() as folder:
                bundle = Bundle.open(self.registry.download(self.version, Path(folder)))
        except (SilencioError, FileNotFoundError) as error:
            why = error.problem if isinstance(error, SilencioError) else "it is not there."
            yield Fault(f"The bundle of version {number} in MLflow is damaged: {why}", remedy)
            return
        kept = {"bundle": bundle.digest, "data": bundle.facts["catalog"], "commit": bundle.facts["commit"]}
        for word, found in kept.items():
            if found != move[word]:
                yield Fault(
                    f"The bundle of version {number} in MLflow has the {word} {found[:12]}; promoted was "
                    f"{move[word][:12]}.",
                    remedy,
                )
        yield from self._of_run(move, bundle)

    def _of_run(self, move: Mapping[str, Any], bundle: Bundle) -> Iterator[Fault]:
        parameters = self.registry.parameters(self.version)
        heard = bundle.facts.get("inputs", {}).get(WINDOWS)
        if parameters is None:
            yield Fault(
                f"The run {move['run']}, which trained version {self.version.number}, is not in MLflow.",
                "It was deleted: `mlflow gc` aside, MLflow's page of deleted runs brings it back.",
            )
        # By the windows, not by the catalog: one that only says more of the same recordings trains nothing anew.
        elif heard and parameters.get(WINDOWS, heard) != heard:
            yield Fault(
                f"The run {move['run']} learned from the windows {parameters[WINDOWS][:12]}; the bundle of version "
                f"{self.version.number} is made of {heard[:12]}.",
                "It is made of another training's checkpoint: roll back to another version, and train again.",
            )

    def _of_data(self, move: Mapping[str, Any]) -> Iterator[Fault]:
        catalog = self.workspace.find(Handed.CATALOG, move["data"])
        if catalog:
            try:
                catalog.verify()
            except SilencioError as error:
                yield Fault(error.problem, error.remedy)


def _of_copies(
    registry: Registry, record: PromotionRecord, lines: Sequence[Line], broken: bool
) -> Iterator[Fault]:
    note = registry.copies.note()
    if note is None:
        if any(line.moves and line.kind != "moved" for line in lines):
            yield Fault(
                f"The registry has no note of {record.path}: it was taken away by hand.",
                "`silencio registry repair` writes it again.",
            )
        return
    if registry.copies.fetch(note) is None:
        yield Fault(
            f"The registry's copy of the record, {note.file} of the run {note.run}, is gone or was changed.",
            "`silencio registry repair` sends it again, if the record itself is whole.",
        )
    if broken:
        return
    hashes = {line.number: line.hash for line in lines}
    if note.number not in hashes:
        yield Fault(
            f"{record.path} ends with line {len(lines)}, and the registry knows of line {note.number}: "
            "its end was cut off, or another workspace went on with it.",
            "`silencio registry repair` brings the registry's copy here.",
        )
    elif hashes[note.number] != note.hash:
        yield Fault(
            f"Line {note.number} of {record.path} is not the one that the registry knows: the record was written anew.",
            RESTORE,
        )
    elif note.number < len(lines):
        yield Fault(
            f"The registry knows of {note.number} lines of {record.path}, which has {len(lines)}: "
            "a promotion was cut short.",
            "`silencio registry repair` sends the rest.",
        )


def _of_copy_tags(versions: Sequence[Version], lines: Sequence[Line]) -> Iterator[Fault]:
    known = {f"{line.number} {line.hash}" for line in lines}
    for version in versions:
        if (tag := version.tag("record")) and tag not in known:
            yield Fault(
                f"Version {version.number} was last moved by line {tag.split()[0]} of a record, "
                f"{tag.split()[-1][:12]}, which this one does not have.",
                RESTORE,
            )


def _of_unfinished(registry: Registry, begun: Line | None) -> Iterator[Fault]:
    if begun:
        yield Fault(f"{said(begun)} was begun at {begun.at[:19]} and is not done.", REPAIR.capitalize())
    else:
        for claim in registry.claims.all():
            yield Fault(
                f"It is still the turn of {claim.said}.",
                "If its process is gone, `silencio registry repair` ends it.",
            )


def _of_services(registry: Registry, serving: Mapping[Stage, str]) -> Iterator[Fault]:
    for stage, digest in serving.items():
        holder = registry.at(stage)
        if holder is None or holder.bundle_digest != digest:
            should = f"version {holder.number}, {holder.bundle_digest[:12]}" if holder else "nothing"
            yield Fault(
                f"The service of {stage} runs the bundle {digest[:12]}; by the registry it should run {should}.",
                "`silencio release up` serves what is in production; `silencio release stop` stops the rest.",
            )
