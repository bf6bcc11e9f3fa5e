"""Puts the stub where `terraform init` finds it: a filesystem mirror in place of the registry."""

import json
import platform
import shlex
import sys
from pathlib import Path

from .schema import PROVIDER_VERSION, read_schema

ADDRESS = "registry.terraform.io/terraform-provider-openstack/openstack"


def install(folder: Path) -> dict[str, str]:
    """Write the mirror into `folder`; the answer is the environment that Terraform must run in."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine().lower())
    plugin = folder / "mirror" / ADDRESS / PROVIDER_VERSION / f"{platform.system().lower()}_{machine}"
    plugin.mkdir(parents=True)

    schema = folder / "schema.json"
    schema.write_text(json.dumps(read_schema()))

    launcher = plugin / f"terraform-provider-openstack_v{PROVIDER_VERSION}"
    launcher.write_text(_launcher(home=folder, schema=schema))
    launcher.chmod(0o755)

    configuration = folder / "terraformrc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n'
    )
    return {"TF_CLI_CONFIG_FILE": str(configuration), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def _launcher(home: Path, schema: Path) -> str:
    """A shell script, because Terraform starts a plugin by its file alone."""
    environment = {
        "HOME": home,  # `tf` keeps a certificate there
        "PYTHONPATH": Path(__file__).parents[1],
        "PYTHONPYCACHEPREFIX": home,  # Terraform starts the plugin some fifty times
        "PYTHONDONTWRITEBYTECODE": "",
    }
    exports = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in environment.items())
    # Silenced is protobuf's warning about `tf`, whose code was generated for the release before.
    command = [sys.executable, "-W", "ignore", "-m", "openstack_stub.provider", str(schema)]
    return f"#!/bin/sh\nexport {exports}\nexec {shlex.join(command)}\n"
