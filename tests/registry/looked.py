"""What a verification and a repair say of a shelf."""

from silencio.registry.repair import repair
from silencio.registry.stages import Stage
from silencio.registry.verify import verify
from silencio.workspace import Workspace
from tests.registry.bundles import Shelf


def faults(shelf: Shelf, serving: dict[Stage, str] | None = None) -> list[str]:
    found = verify(shelf.registry, shelf.record, Workspace(shelf.folder), serving or {})
    return [f"{fault.problem} {fault.remedy}" for fault in found.faults]


def repaired(shelf: Shelf, by_force: bool = False) -> list[str]:
    return list(repair(shelf.registry, shelf.record, by_force))
