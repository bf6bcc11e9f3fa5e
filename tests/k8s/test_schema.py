"""Every manifest against the Kubernetes API it is sent to."""

import copy

import pytest

from .manifests import OVERLAYS, Render, of_kind

kubernetes_validate = pytest.importorskip(
    "kubernetes_validate", reason="kubernetes-validate is missing: pip install -e '.[dev]'"
)

VERSIONS = ["1.33", kubernetes_validate.latest_version()]

# Custom resources, whose schemas Kubernetes does not carry. What they point to is checked in test_tracks.
CUSTOM = {"HTTPRoute"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_fits_its_schema(overlay: str, version: str, render: Render) -> None:
    for manifest in render(overlay):
        if manifest["kind"] not in CUSTOM:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schema_refuses_a_misspelt_field(render: Render) -> None:
    deployment = copy.deepcopy(of_kind(render("staging"), "Deployment")[0])
    spec = deployment["spec"]["template"]["spec"]
    spec["securityContexts"] = spec.pop("securityContext")

    with pytest.raises(kubernetes_validate.ValidationError, match="securityContexts"):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)
