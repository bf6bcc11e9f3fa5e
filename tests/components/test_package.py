"""`package`"""

import json
from pathlib import Path

import pytest

from components.package import package
from silencio.handover import Kind, Receipt
from tests.components.conftest import Desk, Workshop


def test_what_an_image_is_built_of_is_handed_over_with_the_list_of_what_is_in_it(
    desk: Desk, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # no buildah
    image = desk.artifact("image")

    package.python_func(**desk.where, bundle=desk.holding(workshop.bundle), image=image)

    made = Receipt.read(Path(image.path)).open(Kind.IMAGE)
    assert (made / "context/Containerfile").exists()
    assert (made / "context/bundle/model.onnx").exists()
    assert json.loads((made / "context/sbom.json").read_text())["bomFormat"] == "CycloneDX"
    assert made.facts["sbom"] == image.metadata["sbom"] == f"sha256:{made.files['context/sbom.json']}"
    assert made.facts["image"] is None
    assert "buildah is not installed" in image.metadata["said"]
