"""The configuration by itself: its form, its arguments against the provider's schema, its own tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import INFRA, Terraform

Initialised = Callable[[str], Path]


def test_it_is_formatted(terraform: Terraform) -> None:
    finished = terraform("fmt", "-check", "-recursive", "-diff", cwd=INFRA)

    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize("folder", ["kvm_tacc", "modules/network", "modules/node"])
def test_it_fits_the_providers_schema_and_passes_its_own_tests(
    folder: str, terraform: Terraform, initialised: Initialised
) -> None:
    site = initialised(folder)

    for command in "validate", "test":
        finished = terraform(command, "-no-color", cwd=site)
        assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("no_gateway = true", "gateway = false", 'An argument named "gateway" is not expected here'),
        (
            "network_id = openstack_networking_network_v2.private.id",
            "",
            'The argument "network_id" is required',
        ),
        ("no_gateway = true", 'no_gateway = "never"', "a bool is required"),
    ],
    ids=["a wrong name", "a missing argument", "a wrong type"],
)
def test_the_stub_refuses(
    right: str, wrong: str, complaint: str, terraform: Terraform, initialised: Initialised
) -> None:
    module = initialised("modules/network")
    main = module / "main.tf"
    main.write_text(main.read_text().replace(right, wrong, 1))

    finished = terraform("validate", "-no-color", cwd=module)

    assert finished.returncode == 1
    assert complaint in finished.stdout
