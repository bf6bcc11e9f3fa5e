"""What every step asks of a cluster: cores, memory, time, attempts, and where it finds what all steps share.

A pipeline says `placed(step(…))`. On this machine, where each step is a process, none of it counts.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kfp import kubernetes
from kfp.dsl import PipelineTask

from silencio.errors import SilencioError
from silencio.settings import Kubeflow, Site

ATTEMPTS = 2
"""More than the first. A step that was evicted or lost its node goes on where it was; a bug fails three times fast."""
PAUSE = "30s"
"""Before the second attempt, and twice that before the third: what a node takes to be declared lost and replaced."""


@dataclass(frozen=True)
class Needs:
    cpu: str
    memory: str
    minutes: float
    gpus: int = 0

    @property
    def seconds(self) -> int:
        return round(60 * self.minutes)


def _needs(cluster: Kubeflow) -> dict[str, Needs]:
    """By the step's name."""
    # Importing MLflow and asking its registry peaks at a third of a gigabyte; twice that leaves room for the catalog.
    # It takes seconds: a quarter of an hour is a server that will not come back.
    asks = Needs("500m", "1Gi", 15)
    # Copies and hashes files: as fast as the disk is, with one core.
    files = Needs("1", "2Gi", 4 * 60)
    # How much that is depends on the data: the operator says.
    computes = Needs(cluster.training_cpu, cluster.training_memory, 60 * cluster.training_hours)
    learns = Needs(computes.cpu, computes.memory, computes.minutes, cluster.training_gpus)
    # The service is measured on the cores that it will have: two, as its own manifests in k8s/ give it.
    serves = Needs("2", "4Gi", 60)
    return {
        # Makes the catalog, and hears what the service heard.
        "watch": computes,
        "members": asks,
        "survey": asks,
        "ingest": files,
        "features": computes,
        "retrain": learns,
        # Weighs in minutes; yet another round of an ensemble that its gates refuse is trained there.
        "ensemble": learns,
        "champion": asks,
        "evaluate": computes,
        "optimize": computes,
        "integration-test": serves,
        "package": files,
        "register": asks,
        "deploy-staging": serves,
        "withdraw": asks,
        "refuse": asks,
        "notify": asks,
        "canary": serves,
        "promote": asks,
        "roll-back": asks,
    }


def placed(task: PipelineTask) -> PipelineTask:
    """The same task, with all that a cluster has to know of it."""
    # At each of these settings, kfp looks up the source of all who called it: from deep within, that takes a minute
    # and more together. In a thread of its own hardly anybody did.
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(_placed, task).result()


def _placed(task: PipelineTask) -> PipelineTask:
    cluster = Kubeflow()
    name = task.component_spec.name
    needs = _needs(cluster).get(name)
    if needs is None:
        raise SilencioError(
            f"Nobody said what the step {name} asks of a cluster.",
            "Give it a line in pipelines/resources.py.",
        )
    task.set_cpu_request(needs.cpu).set_cpu_limit(needs.cpu)
    # As much as it may have at most: a pod that is promised less is the first to be evicted.
    task.set_memory_request(needs.memory).set_memory_limit(needs.memory)
    if needs.gpus:
        task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(needs.gpus)
    task.set_retry(ATTEMPTS, backoff_duration=PAUSE, backoff_factor=2.0)
    kubernetes.set_timeout(task, needs.seconds)
    kubernetes.set_image_pull_policy(task, cluster.pull)
    if cluster.pull_secret:
        kubernetes.set_image_pull_secrets(task, [cluster.pull_secret])
    if cluster.volume:
        kubernetes.mount_pvc(task, cluster.volume, cluster.mounted_at)
    _lead_to_mlflow(task, cluster, Site().mlflow_uri)
    if workers := Site().ray_address:
        task.set_env_variable("SILENCIO_RAY_ADDRESS", workers)
    if name == "notify" and cluster.notify_secret:
        kubernetes.use_secret_as_env(task, cluster.notify_secret, {"url": "SILENCIO_NOTIFY_URL"})
    return task


def looking(task: PipelineTask) -> PipelineTask:
    """The same for a step that looks at, or changes, what may be another thing in the next run: it is never cached."""
    return placed(task).set_caching_options(False)


def at_once() -> int:
    """How many members of an ensemble train at the same time."""
    return Kubeflow().training_at_once


def _lead_to_mlflow(task: PipelineTask, cluster: Kubeflow, server: str | None) -> None:
    """Not by MLFLOW_TRACKING_URI: that is what Kubeflow's own plugin sets, and a step joins its run if both agree."""
    if server:
        task.set_env_variable("SILENCIO_MLFLOW_URI", server)
    if cluster.mlflow_secret:
        keys = {"username": "MLFLOW_TRACKING_USERNAME", "password": "MLFLOW_TRACKING_PASSWORD"}
        kubernetes.use_secret_as_env(task, cluster.mlflow_secret, keys)
    if cluster.storage_secret:
        keys = {"access-key-id": "AWS_ACCESS_KEY_ID", "secret-access-key": "AWS_SECRET_ACCESS_KEY"}
        kubernetes.use_secret_as_env(task, cluster.storage_secret, keys)
    if cluster.storage_endpoint:
        task.set_env_variable("MLFLOW_S3_ENDPOINT_URL", cluster.storage_endpoint)
