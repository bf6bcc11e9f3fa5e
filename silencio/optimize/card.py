"""What a person and a scanner want to read beside a model: its card, and what it was built with."""

import json
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from silencio import __version__
from silencio.data.species import Species
from silencio.evaluation.evaluate import EvaluationResult
from silencio.settings import Experiment

CARD = """\
# {name}

Names the species that call in 5-second windows of a recording. {classes} species: {species}.

| | |
|---|---|
| architecture | {architecture}, {variant} |
| trained on | catalog {catalog} |
| mAP on the test windows | {map:.3f} ({low:.3f} to {high:.3f}, 95 %) |
| commit | {commit} |

## Use it for
Recordings made where the training data were made. A species counts as heard from its own threshold on
(`thresholds.json`), set so that about {false_positives:.0%} of the windows without it are wrong.

## Do not use it for
Species that are not listed: it can only take them for one that is. Counting animals: it says who calls, not how
many. Decisions about protected species without a person who listens.
"""


def write_card(
    path: Path,
    experiment: Experiment,
    species: Iterable[Species],
    variant: str,
    result: EvaluationResult,
    identity: Mapping[str, Any],
) -> None:
    names = sorted(s.common_name for s in species)
    overall = result.figure().candidate
    path.write_text(
        CARD.format(
            name=experiment.name,
            classes=len(names),
            species=", ".join(names),
            architecture=experiment.model.architecture,
            variant=variant,
            catalog=identity["catalog"],
            commit=identity["commit"],
            map=overall.value,
            low=overall.low,
            high=overall.high,
            false_positives=experiment.evaluation.false_positive_rate,
        )
    )


def write_sbom(path: Path) -> None:
    """CycloneDX 1.6: silencio and what its service needs, as installed where the bundle was made."""
    components = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in sorted(_served_with().items())
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "silencio", "version": __version__}},
        "components": components,
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _served_with() -> dict[str, str]:
    """The distributions that `silencio[serve]` draws in, by name."""
    found: dict[str, str] = {}
    waiting = [("silencio", "serve")]
    while waiting:
        name, extra = waiting.pop()
        for line in metadata.requires(name) or ():
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            key = canonicalize_name(requirement.name)
            if key not in found:
                found[key] = metadata.version(key)
                waiting += [(key, e) for e in (requirement.extras or {""})]
    return found
