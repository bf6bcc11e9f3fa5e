"""Two versions side by side: what they were told, what they learned from, how good they are, how they were judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from silencio.data.catalog import Catalog
from silencio.errors import WrongUse
from silencio.evaluation.gates import GateResult
from silencio.evaluation.report import JSON, read_report
from silencio.evaluation.slices import OVERALL
from silencio.handover import Kind
from silencio.optimize.bundle import REPORT, Bundle
from silencio.registry.described import flatten
from silencio.registry.stages import ALIASED, Stage
from silencio.registry.versions import LATEST, Registry, Version
from silencio.settings import Experiment
from silencio.workspace import Workspace

MEASURED = ("size_mb", "latency_ms", "latency_p95_ms", "windows_per_second")
NOTHING = "–"


@dataclass(frozen=True)
class Row:
    about: str
    """settings, data, figures or gates."""
    what: str
    before: str
    after: str
    change: str = ""


@dataclass(frozen=True)
class Side:
    version: Version
    bundle: Bundle
    parameters: Mapping[str, str]
    """What its training was told, as text."""
    catalog: Catalog | None
    """None where the workspace does not have it."""

    @classmethod
    def of(cls, version: Version, registry: Registry, workspace: Workspace) -> "Side":
        bundle = registry.fetch(version)
        found = workspace.find(Kind.CATALOG, bundle.facts["catalog"])
        parameters = registry.parameters(version) or {}
        return cls(version, bundle, parameters, Catalog.open(found) if found else None)

    @cached_property
    def settings(self) -> dict[str, str]:
        """Of the training as MLflow keeps them; of what came after, as the bundle does."""
        known = Experiment.model_fields
        told = {name: value for name, value in self.parameters.items() if name.split(".")[0] in known}
        inputs = self.bundle.facts.get("inputs", {})
        after = {name: inputs[name] for name in ("evaluation", "optimize") if name in inputs}
        kept = {name: value for name, value in told.items() if name.split(".")[0] not in after}
        return kept | {name: str(value) for name, value in flatten(after).items()}

    @cached_property
    def gates(self) -> dict[tuple[str, str], GateResult]:
        judged = [GateResult.from_json(gate) for gate in self.bundle.facts.get("gates", ())]
        return {(gate.name, gate.slice): gate for gate in judged}

    @cached_property
    def figures(self) -> dict[str, float]:
        facts = self.bundle.facts
        told = {name: float(facts[name]) for name in MEASURED if name in facts}
        folder = self.bundle.folder / REPORT
        if not (folder / JSON).is_file():
            return {"map": float(facts["map"])} | told
        measured = {
            f"{figure.metric}, {figure.slice}": figure.candidate.value
            for figure in read_report(folder).result.figures
            if figure.slice == OVERALL or figure.metric == "map"
        }
        return measured | told


def find(registry: Registry, word: str) -> Version:
    """By its number, by a stage that one version holds, or `candidate`: the one that was registered last."""
    if word.isdigit():
        return registry.get(word)
    if word not in (LATEST, *ALIASED):
        raise WrongUse(
            f"{word!r} is neither a version's number nor a stage.",
            f"Name a number, or one of {', '.join((LATEST, *ALIASED))}.",
        )
    version = registry.latest() if word == LATEST else registry.at(Stage(word))
    if version is None:
        raise WrongUse(
            f"No version of {registry.model} is at {word}.", "`silencio registry list` shows where they are."
        )
    return version


def differences(before: Side, after: Side) -> Iterator[Row]:
    """Settings and gates that differ; all that is known of the data and the figures."""
    for name in sorted(before.settings.keys() | after.settings.keys()):
        one, other = before.settings.get(name, NOTHING), after.settings.get(name, NOTHING)
        if one != other:
            yield Row("settings", name, one, other)
    yield from _data(before, after)
    for name in dict.fromkeys((*before.figures, *after.figures)):
        ours, theirs = before.figures.get(name), after.figures.get(name)
        signed = f"{theirs - ours:+.4g}" if ours is not None and theirs is not None else ""
        yield Row("figures", name, _figure(ours), _figure(theirs), signed)
    for key in sorted(before.gates.keys() | after.gates.keys()):
        judged = before.gates.get(key), after.gates.get(key)
        verdicts = [gate.verdict.value if gate else "not asked" for gate in judged]
        bars = {gate.threshold for gate in judged if gate}
        if len(set(verdicts)) > 1 or len(bars) > 1:
            one, other = (f"{gate.verdict}: {gate.reason}" if gate else "not asked" for gate in judged)
            yield Row("gates", f"{key[0]}, {key[1]}", one, other)


def _data(before: Side, after: Side) -> Iterator[Row]:
    ours, theirs = before.bundle.facts["catalog"], after.bundle.facts["catalog"]
    yield Row("data", "catalog", ours[:12], theirs[:12], "the same" if ours == theirs else "another")
    known, met = ({species.code for species in side.bundle.species} for side in (before, after))
    named = [*(f"+{code}" for code in sorted(met - known)), *(f"−{code}" for code in sorted(known - met))]
    yield Row("data", "species", str(len(known)), str(len(met)), " ".join(named) or "the same")
    if before.catalog is None or after.catalog is None:
        there, here = ("here" if side.catalog else "not in this workspace" for side in (before, after))
        yield Row("data", "recordings", there, here, "cannot be compared")
        return
    old, new = before.catalog.recordings, after.catalog.recordings
    had, has = set(old["id"].to_list()), set(new["id"].to_list())
    changed = f"+{len(has - had)} −{len(had - has)}" if had != has else "the same"
    yield Row("data", "recordings", str(len(had)), str(len(has)), changed)
    hours, now = (float(table["duration"].sum() or 0.0) / 3600 for table in (old, new))
    yield Row("data", "hours", f"{hours:.2f}", f"{now:.2f}", f"{now - hours:+.2f}")


def _figure(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4g}"
