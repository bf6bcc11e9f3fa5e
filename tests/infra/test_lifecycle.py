"""An operator's session at KVM@TACC, through python-terraform and over the stub."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import INFRA

python_terraform = pytest.importorskip(
    "python_terraform", reason="python-terraform is missing: pip install -e '.[dev]'"
)

NO_CHANGES, CHANGES = 0, 2  # the exit codes of `terraform plan -detailed-exitcode`


@pytest.mark.filterwarnings("ignore:The 'warn' method:DeprecationWarning:python_terraform")
def test_the_site_is_applied_planned_again_without_drift_and_destroyed(
    initialised: Callable[[str], Path],
) -> None:
    from .openstack_stub.provider import FLOATING_IP

    folder = initialised("kvm_tacc")
    # The example is what an operator copies: it must do as it stands.
    (folder / "terraform.tfvars").write_text((INFRA / "kvm_tacc/terraform.tfvars.example").read_text())
    site = python_terraform.Terraform(working_dir=folder)

    code, output, errors = site.apply(skip_plan=True)
    assert code == 0, output + errors

    outputs = {name: output["value"] for name, output in site.output().items()}
    assert outputs["floating_ip"] == FLOATING_IP
    assert outputs["ssh_command"] == f"ssh cc@{FLOATING_IP}"
    assert outputs["private_ips"] == {
        "head": "192.168.1.10",
        "worker-1": "192.168.1.11",
        "worker-2": "192.168.1.12",
    }
    assert [volume["id"] for volume in created(folder, "blockstorage_volume_v3")] == [outputs["volume_id"]]

    instances = created(folder, "compute_instance_v2")
    assert {instance["name"] for instance in instances} == {
        "silencio-head",
        "silencio-worker-1",
        "silencio-worker-2",
    }
    assert {instance["flavor_id"] for instance in instances} == {"00000000-0000-0000-0000-000000000000"}
    assert len(created(folder, "networking_floatingip_v2")) == 1
    assert {
        rule["port_range_max"]: rule["remote_ip_prefix"]
        for rule in created(folder, "networking_secgroup_rule_v2")
    } == {22: "198.51.100.7/32", 80: "198.51.100.7/32", 443: "198.51.100.7/32"}

    code, output, errors = site.plan()
    assert code == NO_CHANGES, output + errors

    code, output, errors = site.plan(var={"workers": 3})
    assert code == CHANGES, output + errors
    assert "Plan: 3 to add, 0 to change, 0 to destroy" in output, "a new worker must leave the others alone"

    # python-terraform would pass -force, which Terraform no longer knows.
    code, output, errors = site.destroy(force=None, auto_approve=True)
    assert code == 0, output + errors
    assert site.output() == {}


def created(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The attributes of everything of one kind that the state holds."""
    state = json.loads((folder / "terraform.tfstate").read_text())
    return [
        instance["attributes"]
        for resource in state["resources"]
        if resource["type"] == f"openstack_{kind}"
        for instance in resource["instances"]
    ]
