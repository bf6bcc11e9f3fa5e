"""Three tracks of one service, what they share, and how traffic is split between them."""

import json
import re
from pathlib import Path

import pytest

from silencio.settings import Serving

from .manifests import OVERLAYS, TRACKS, Render, containers, of_kind, pod_template, selects

CONTAINERFILE = Path(__file__).parents[2] / "silencio/serving/Containerfile"


@pytest.mark.parametrize("track", TRACKS)
def test_everything_in_a_track_names_it(track: str, render: Render) -> None:
    for manifest in render(track):
        assert manifest["metadata"]["labels"]["track"] == track
        assert manifest["metadata"]["name"] == f"silencio-{track}"
        assert manifest["metadata"]["namespace"] == "silencio"


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_is_one_image_by_digest(track: str, render: Render) -> None:
    (deployment,) = of_kind(render(track), "Deployment")
    (container,) = containers(deployment)

    assert container["image"].startswith("ghcr.io/silencio/service@sha256:")
    assert pod_template(deployment)["metadata"]["labels"]["track"] == track


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_serves_its_bundle_and_is_asked_how_it_is(track: str, render: Render) -> None:
    (container,) = containers(of_kind(render(track), "Deployment")[0])

    assert "command" not in container, "the image's own is the one that was tested"
    [command] = re.findall(r"^CMD (\[.*\])$", CONTAINERFILE.read_text(), re.MULTILINE)
    asked = " ".join(json.loads(command))
    assert asked.endswith("serve --bundle /bundle --feedback /feedback --host 0.0.0.0 --port 8000 --open")
    assert "/feedback" in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("track", TRACKS)
def test_a_pod_is_given_the_time_to_finish_what_it_has(track: str, render: Render) -> None:
    (deployment,) = of_kind(render(track), "Deployment")
    granted = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert granted > Serving().drain_seconds


@pytest.mark.parametrize("track", TRACKS)
def test_the_autoscaler_alone_says_how_many_replicas(track: str, render: Render) -> None:
    (deployment,) = of_kind(render(track), "Deployment")
    (autoscaler,) = of_kind(render(track), "HorizontalPodAutoscaler")

    assert "replicas" not in deployment["spec"]
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]


def test_production_survives_the_loss_of_a_pod(render: Render) -> None:
    (autoscaler,) = of_kind(render("production"), "HorizontalPodAutoscaler")
    (budget,) = of_kind(render("production"), "PodDisruptionBudget")

    assert autoscaler["spec"]["minReplicas"] > budget["spec"]["maxUnavailable"]


def test_a_tracks_service_reaches_no_other_track(render: Render) -> None:
    for track in TRACKS:
        (service,) = of_kind(render(track), "Service")
        reached = [
            other
            for other in TRACKS
            if selects(service["spec"]["selector"], of_kind(render(other), "Deployment")[0])
        ]
        assert reached == [track]


def test_no_object_belongs_to_two_overlays(render: Render) -> None:
    owned = [
        (manifest["kind"], manifest["metadata"]["name"])
        for overlay in OVERLAYS
        for manifest in render(overlay)
    ]

    assert len(owned) == len(set(owned))


def test_the_route_splits_all_traffic_between_production_and_canary(render: Render) -> None:
    (route,) = of_kind(render("shared"), "HTTPRoute")
    (rule,) = route["spec"]["rules"]
    services = {
        service["metadata"]["name"]: {port["port"] for port in service["spec"]["ports"]}
        for track in TRACKS
        for service in of_kind(render(track), "Service")
    }

    assert [backend["name"] for backend in rule["backendRefs"]] == ["silencio-production", "silencio-canary"]
    assert sum(backend["weight"] for backend in rule["backendRefs"]) == 100
    for backend in rule["backendRefs"]:
        assert backend["port"] in services[backend["name"]]
