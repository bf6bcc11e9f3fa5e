"""Takes out of the registry what nobody needs any longer, and off the disk what was kept for it."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from silencio.handover import Kind as Handed
from silencio.registry.chain import Kind
from silencio.registry.moving import connected, turn
from silencio.registry.record import PromotionRecord
from silencio.registry.stages import Stage
from silencio.registry.standing import Standing
from silencio.registry.versions import Registry, Version
from silencio.workspace import Workspace

MIB = 2**20


@dataclass(frozen=True)
class Judged:
    version: Version
    needed_for: str
    """Empty if for nothing."""
    folders: tuple[Path, ...]
    """On this machine's disk, that would go with it."""

    @property
    def mib(self) -> float:
        """That its folders take."""
        files = (file for folder in self.folders for file in folder.rglob("*") if file.is_file())
        return sum(file.stat().st_size for file in files) / MIB


def judge(
    registry: Registry,
    record: PromotionRecord,
    workspace: Workspace,
    keep: int,
    serving: Mapping[Stage, str],
) -> list[Judged]:
    """Every version, oldest first. `keep`: how many of those that were in production before stay for a rollback."""
    with connected(registry, "a look for what is needed"):
        versions = registry.versions()
        needed = _needed(registry, record, versions, keep, serving)
        return [
            Judged(version, needed.get(version.number, ""), _folders(version, workspace))
            for version in versions
        ]


def prune(
    registry: Registry,
    record: PromotionRecord,
    workspace: Workspace,
    keep: int,
    serving: Mapping[Stage, str],
) -> list[Judged]:
    """What was taken out. The record says so first: killed on its way, the next one goes on."""
    what = f"pruning {registry.model}"
    with turn(registry, record, what, None) as head:
        pruned = Standing.of(record.lines(), registry.model).pruned
        gone = [j for j in judge(registry, record, workspace, keep, serving) if not j.needed_for]
        new = [j.version for j in gone if j.version.number not in pruned]
        if new:
            said = [{"number": version.number, "bundle": version.bundle_digest} for version in new]
            body = {"model": registry.model, "versions": said, "why": f"needed for nothing, keeping {keep}"}
            line = record.append(Kind.PRUNED, body, after=head)
            note = registry.copies.note()
            registry.copies.keep(record, line, [note.home if note else new[-1].home])
        for judged in gone:
            for folder in judged.folders:
                shutil.rmtree(folder)
            registry.remove(judged.version)
    return gone


def _needed(
    registry: Registry,
    record: PromotionRecord,
    versions: Sequence[Version],
    keep: int,
    serving: Mapping[Stage, str],
) -> dict[str, str]:
    """What for, by version. Whatever holds a stage or may come back needs what it was itself compared with and
    began with, for its run to be repeated."""
    made = [e.move for e in record.verify() if e.move["model"] == registry.model]
    pruned = Standing.of(record.lines(), registry.model).pruned
    needed = {number: f"it is at {stage}" for stage, number in registry.aliases().items()}
    for stage, digest in serving.items():
        needed |= {v.number: f"the service of {stage} runs it" for v in versions if v.bundle_digest == digest}
    latest = registry.latest()
    if latest:
        needed.setdefault(latest.number, "it was registered last")
    there = {version.number: version for version in versions if version.number not in pruned}
    # By when they came to production, the last one first; each once.
    champions = dict.fromkeys(m["version"] for m in reversed(made) if m["stage"] == Stage.PRODUCTION)
    before = [
        number for number in champions if number in there and needed.get(number) != "it is at production"
    ]
    for number in before[:keep]:
        needed.setdefault(number, "a rollback may bring it back")
    for number in [number for number in needed if number in there]:
        for origin, why in _origins(registry, there[number], list(there.values())):
            needed.setdefault(origin.number, f"version {number} {why} it")
    return needed


def _origins(registry: Registry, version: Version, versions: Sequence[Version]) -> list[tuple[Version, str]]:
    rival = registry.fetch(version).facts["champion"]
    ancestor = (registry.parameters(version) or {}).get("ancestor")
    found = [(v, "was compared with") for v in versions if v.bundle_digest == rival]
    if ancestor in (None, "None"):
        return found
    # MLflow keeps parameters as text.
    return found + [(v, "began with") for v in versions if registry.fetch(v).facts["checkpoint"] == ancestor]


def _folders(version: Version, workspace: Workspace) -> tuple[Path, ...]:
    digest = version.bundle_digest
    bundle = workspace.find(Handed.BUNDLE, digest)
    fetched = workspace / "models/fetched" / digest[:16]
    return tuple(folder for folder in (bundle and bundle.folder, fetched) if folder and folder.exists())
