"""What every pod must be, whoever adds it."""

import re

import pytest

from .manifests import OVERLAYS, Manifest, Render, containers, of_kind, pod_template, selects, workloads

PINNED = re.compile(r".+(@sha256:[0-9a-f]{64}|:v?\d+\.\d+\.\d+(-[a-z]+)?)")


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest, render: Render) -> list[Manifest]:
    rendered = render(request.param)
    assert workloads(rendered), "an overlay without a workload would pass every test below"
    return rendered


def test_every_container_says_what_it_needs_and_may_take(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests):
        for container in containers(workload):
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert container["resources"]["limits"].keys() == {"cpu", "memory"}


def test_no_container_can_become_root_or_change_its_image(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests):
        pod = pod_template(workload)["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(workload):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}


def test_no_pod_holds_a_key_to_the_cluster(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests):
        pod = pod_template(workload)["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["serviceAccountName"] in {
            account["metadata"]["name"] for account in of_kind(manifests, "ServiceAccount")
        }


def test_every_container_is_probed_on_a_port_it_opens(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests):
        for container in pod_template(workload)["spec"]["containers"]:
            ports = {port["name"] for port in container["ports"]}
            for probe in "startupProbe", "livenessProbe", "readinessProbe":
                assert container[probe]["httpGet"]["port"] in ports


def test_every_image_is_one_image_for_ever(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests):
        for container in containers(workload):
            assert PINNED.fullmatch(container["image"]), container["image"]


def test_every_selector_finds_a_pod(manifests: list[Manifest]) -> None:
    selectors = [
        *(workload["spec"]["selector"]["matchLabels"] for workload in workloads(manifests)),
        *(service["spec"]["selector"] for service in of_kind(manifests, "Service")),
        *(budget["spec"]["selector"]["matchLabels"] for budget in of_kind(manifests, "PodDisruptionBudget")),
        *(policy["spec"]["podSelector"]["matchLabels"] for policy in of_kind(manifests, "NetworkPolicy")),
    ]

    for selector in selectors:
        assert any(selects(selector, workload) for workload in workloads(manifests)), selector


def test_every_service_leads_to_a_port_that_its_pods_open(manifests: list[Manifest]) -> None:
    for service in of_kind(manifests, "Service"):
        for workload in workloads(manifests):
            if selects(service["spec"]["selector"], workload):
                opened = {port["name"] for container in containers(workload) for port in container["ports"]}
                assert {port["targetPort"] for port in service["spec"]["ports"]} <= opened


def test_traffic_is_refused_unless_a_policy_lets_it_in(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests):
        policies = [
            policy["spec"]
            for policy in of_kind(manifests, "NetworkPolicy")
            if selects(policy["spec"]["podSelector"]["matchLabels"], workload)
        ]
        assert [policy["policyTypes"] for policy in policies] == [["Ingress", "Egress"]]


def test_what_a_pod_refers_to_is_there(manifests: list[Manifest]) -> None:
    config_maps = {config_map["metadata"]["name"] for config_map in of_kind(manifests, "ConfigMap")}

    for workload in workloads(manifests):
        volumes = pod_template(workload)["spec"].get("volumes", [])
        sources = [source for container in containers(workload) for source in container.get("envFrom", [])]
        assert {s["configMapRef"]["name"] for s in sources if "configMapRef" in s} <= config_maps
        # Secrets are made by hand: a pod that cannot do without one says so by not starting.
        assert all(s["secretRef"]["optional"] is True for s in sources if "secretRef" in s)
        assert {volume["configMap"]["name"] for volume in volumes if "configMap" in volume} <= config_maps
