"""Ends what was begun and not done, and puts the registry back to what the record says."""

from collections.abc import Iterator, Mapping

from silencio.errors import SilencioError
from silencio.registry.chain import Kind, Line, open_in
from silencio.registry.moving import connected, finish, give_up, meant, said
from silencio.registry.record import PromotionRecord
from silencio.registry.stages import ALIASED, CLASSIC, Stage
from silencio.registry.standing import Standing
from silencio.registry.versions import Registry, Version

GONE = "its process is gone"


def repair(registry: Registry, record: PromotionRecord, by_force: bool = False) -> Iterator[str]:
    """What was done, and why, as it is done; nothing where nothing was amiss. Killed itself, it can be repeated.

    Whoever is at work on this machine is left to it, and whoever may be at work on another one, unless `by_force`.
    """
    with connected(registry, "a repair"):
        for claim in registry.claims.all():
            if not (by_force or claim.is_over):
                raise SilencioError(
                    f"{claim.said} may still be at work.",
                    "Wait for it. If it is gone for certain, repair with --force.",
                )
        yield from _bring_back(registry, record)
        begun = open_in(record.lines())
        if begun:
            yield _end(registry, record, begun)
        yield from _catch_up(registry, record)
        yield from _put_back(registry, record)
        for claim in registry.claims.all():
            registry.claims.release(claim)
            yield f"The turn of {claim.said} is ended: {GONE}."


def _bring_back(registry: Registry, record: PromotionRecord) -> Iterator[str]:
    """The registry's copy, unless the record is that copy with something added: what a copy does not have has moved
    nothing."""
    note = registry.copies.note()
    if record.mend():
        yield f"The last line of {record.path} was cut short, before anything came of it: it is dropped."
    copy, content, faults = registry.copies.fetch(note) if note else None, record.content(), record.faults()
    if copy is not None and (faults or not content.startswith(copy)):
        aside = record.replace(copy)
        kept = f"; what was here is kept as {aside}" if aside else ""
        why = "is not the one that the registry knows" if aside else "ended too early"
        yield f"{record.path} {why}: the registry's copy takes its place{kept}."
    elif copy is None and (faults or (note and note.hash not in {line.hash for line in record.lines()})):
        where = (
            f"its copy, {note.file} of the run {note.run}, is gone or changed"
            if note
            else "has no copy of it"
        )
        raise SilencioError(
            f"{record.path} is not as it was written, and the registry's side does not help: {where}.",
            "Restore either from a backup; promote nothing until then.",
        )


def _end(registry: Registry, record: PromotionRecord, begun: Line) -> str:
    held = registry.aliases()
    if all(_is_untouched(version, stage, held) for version, stage in meant(registry, begun)):
        why = "nothing of it had been made in the registry"
        give_up(registry, record, begun, why)
        return f"{said(begun)} is undone: {why}. Promote again if it is still wanted."
    finish(registry, record, begun)
    return f"{said(begun)} is finished: a part of it had been made in the registry already."


def _is_untouched(version: Version, stage: Stage, held: Mapping[Stage, str]) -> bool:
    """Whether it is where it was, in its tag and in its aliases."""
    own = {alias for alias, number in held.items() if number == version.number}
    return version.stage is not stage and own == _aliases_at(version.stage)


def _aliases_at(stage: Stage) -> set[Stage]:
    return {stage} if stage in ALIASED else set()


def _catch_up(registry: Registry, record: PromotionRecord) -> Iterator[str]:
    """The registry's note and copy, where they are behind or gone."""
    lines, note = record.lines(), registry.copies.note()
    moved = next((line for line in reversed(lines) if line.kind is Kind.INTENT), None)
    if moved is None or (note and note.hash == lines[-1].hash and registry.copies.fetch(note) is not None):
        return
    there = {version.number: version.home for version in registry.versions()}
    homes = [there[move["version"]] for move in moved.moves if move["version"] in there]
    if note and not homes:
        homes = [note.home]
    registry.copies.keep(record, lines[-1], homes)
    yield f"The registry has a copy of all {len(lines)} lines of {record.path} again."


def _put_back(registry: Registry, record: PromotionRecord) -> Iterator[str]:
    standing, held, versions = (
        Standing.of(record.lines(), registry.model),
        registry.aliases(),
        registry.versions(),
    )
    classics = any(version.classic != "None" for version in versions)
    for version in versions:
        stage = standing.stage(version.number)
        own = {alias for alias, number in held.items() if number == version.number}
        if (version.stage, own) != (stage, _aliases_at(stage)) or (
            classics and version.classic != CLASSIC[stage]
        ):
            registry.set_stage(version, stage)
            yield f"Version {version.number} is put back to {stage}, where the record has it: it was moved by hand."
