"""A room imports only rooms above it; nothing in the library knows of components, pipelines or workflows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOUNDATION = {
    "__init__",
    "errors",
    "identity",
    "handover",
    "settings",
    "experiment",
    "workspace",
    "progress",
    "logs",
    "presets",
    "cluster",
}
ROOMS = (
    "audio",
    "data",
    "models",
    "training",
    "evaluation",
    "optimize",
    "registry",
    "serving",
    "release",
    "monitoring",
    "steps",  # brings rooms together
    "terminal",
    "commands",
    "cli",
    "__main__",
)
LONGEST = 400
TRAINING_ONLY = {"torch", "timm", "mlflow", "matplotlib", "sklearn", "ray", "librosa"}

MODULES = sorted((ROOT / "silencio").rglob("*.py"))


def room_of(parts: tuple[str, ...]) -> str:
    return parts[0] if parts else "__init__"


def imported(module: Path) -> Iterator[tuple[str, ...]]:
    """What a module imports from this project, at its top or anywhere within, as parts of dotted names."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            base = tuple(node.module.split("."))
            # `from silencio.data import catalog` names a module, `from silencio.data import Catalog` does not:
            # the room is the same.
            yield from ((*base, alias.name) if base == ("silencio",) else base for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(ROOT).as_posix())
def test_a_room_imports_only_rooms_above_it(module: Path) -> None:
    own = room_of(module.relative_to(ROOT / "silencio").with_suffix("").parts)
    above = FOUNDATION if own in FOUNDATION else FOUNDATION | set(ROOMS[: ROOMS.index(own) + 1])
    used = {room_of(parts[1:]) for parts in imported(module) if parts[0] == "silencio" and parts[1:]}
    assert used - {"__version__"} <= above, f"{own} may not know of {sorted(used - above)}"


def test_every_room_is_there() -> None:
    there = {
        path.stem
        for path in (ROOT / "silencio").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there == FOUNDATION | set(ROOMS)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(ROOT).as_posix())
def test_the_library_knows_nothing_of_kubeflow(module: Path) -> None:
    assert {parts[0] for parts in imported(module)}.isdisjoint(
        {"components", "pipelines", "kfp", "kubernetes"}
    )


def test_serving_needs_neither_torch_nor_mlflow() -> None:
    reached, waiting = set[Path](), [ROOT / "silencio/serving/server.py"]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        for parts in imported(module):
            assert parts[0] not in TRAINING_ONLY, f"{module}: {parts}"
            if parts[0] == "silencio":
                waiting += [path for path in files_of(parts) if path.exists()]


def files_of(parts: tuple[str, ...]) -> Iterator[Path]:
    """The module and the packages around it, all of which an import runs."""
    for depth in range(1, len(parts) + 1):
        path = ROOT.joinpath(*parts[:depth])
        yield path / "__init__.py"
        yield path.with_suffix(".py")


@pytest.mark.parametrize("folder", ["silencio", "components", "pipelines"])
def test_no_module_is_long(folder: str) -> None:
    long = {
        p.name: n for p in (ROOT / folder).rglob("*.py") if (n := len(p.read_text().splitlines())) > LONGEST
    }
    assert not long
