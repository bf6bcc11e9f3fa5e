"""A pipeline as Kubeflow reads it: its intermediate representation (IR), and what names that.

Kubeflow's SDK is imported where something is compiled: it takes seconds, and most commands only talk to a cluster.
"""

import tempfile
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from silencio.errors import WrongUse

TRAINING, WATCHING, PROMOTION = "continuous-training", "watching", "promotion"
NAMES = (TRAINING, WATCHING, PROMOTION)


@dataclass(frozen=True)
class Compiled:
    name: str
    text: str
    """YAML: the pipeline, and what it asks of Kubernetes where it asks anything."""

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def version(self) -> str:
        """The same for the same text, so that nothing is uploaded twice."""
        return f"{self.name}-{self.digest[:12]}"

    @cached_property
    def documents(self) -> list[dict[str, Any]]:
        return list(yaml.safe_load_all(self.text))


def compiled(name: str = TRAINING) -> Compiled:
    """No cluster is asked."""
    return Compiled(name, _written(name))


def manifest(name: str = TRAINING, namespace: str | None = None) -> str:
    """The pipeline and its version as objects of Kubernetes, for `kubectl apply` where Kubeflow keeps them there."""
    from kfp.compiler.compiler_utils import KubernetesManifestOptions

    options = KubernetesManifestOptions(
        pipeline_name=name,
        pipeline_version_name=compiled(name).version,
        namespace=namespace,
        include_pipeline_manifest=True,
    )
    return _written(name, kubernetes_manifest_format=True, kubernetes_manifest_options=options)


def _written(name: str, **options: object) -> str:
    if name not in NAMES:
        raise WrongUse(f"There is no pipeline {name}.", f"There are {', '.join(NAMES)}.")

    from kfp.compiler import Compiler

    from pipelines.continuous_training import continuous_training
    from pipelines.promotion import promotion
    from pipelines.watching import watching

    pipeline = {TRAINING: continuous_training, WATCHING: watching, PROMOTION: promotion}[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        Compiler().compile(pipeline, str(path), **options)
        return path.read_text()
