"""What the tests ask of rendered manifests."""

from collections.abc import Callable
from typing import Any

Manifest = dict[str, Any]
Render = Callable[[str], list[Manifest]]

TRACKS = ["staging", "canary", "production"]
OVERLAYS = ["shared", *TRACKS]


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def workloads(manifests: list[Manifest]) -> list[Manifest]:
    """Whatever starts pods."""
    return of_kind(manifests, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def pod_template(workload: Manifest) -> Manifest:
    spec = workload["spec"]
    template: Manifest = spec.get("jobTemplate", {}).get("spec", spec)["template"]
    return template


def containers(workload: Manifest) -> list[Manifest]:
    spec = pod_template(workload)["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def selects(selector: dict[str, str], workload: Manifest) -> bool:
    """Whether a selector finds the workload's pods; an empty one would find everybody's."""
    return bool(selector) and selector.items() <= pod_template(workload)["metadata"]["labels"].items()
