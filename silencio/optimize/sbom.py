"""What the service of a bundle is built with, for scanners."""

import json
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from silencio import __version__
from silencio.optimize.engines.runs_on import RunsOn, extras_of


def write_sbom(path: Path, runs_on: RunsOn) -> None:
    """CycloneDX 1.6: silencio and what its service needs, as installed where the bundle was made."""
    components = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in sorted(_served_with(runs_on).items())
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "silencio", "version": __version__}},
        "components": components,
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _served_with(runs_on: RunsOn) -> dict[str, str]:
    """The distributions that silencio draws in with these extras, by name."""
    found: dict[str, str] = {}
    waiting = [("silencio", extra) for extra in extras_of(runs_on)]
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
