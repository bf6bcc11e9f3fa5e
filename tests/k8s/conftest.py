import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from .manifests import Manifest, Render

OVERLAYS = Path(__file__).parents[2] / "k8s/overlays"


@pytest.fixture(scope="session")
def render() -> Render:
    """What `kubectl apply -k` would send for one overlay: `render("staging")`."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed: https://kubernetes.io/docs/tasks/tools")

    @cache
    def rendered(overlay: str) -> list[Manifest]:
        finished = subprocess.run(
            [program, "kustomize", str(OVERLAYS / overlay)], capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr
        return list(yaml.safe_load_all(finished.stdout))

    return rendered
