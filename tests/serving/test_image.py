"""The image, really built and run. The base comes from debootstrap under the upstream's name: a stand-in for it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from silencio.optimize.bundle import Bundle
from silencio.serving.package import build_image, write_context
from silencio.serving.process import answers, free_port
from tests.bundles import make_bundle, tone

BASE = "docker.io/library/python:3.11-slim-bookworm"
PODMAN = ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
TOOLS = ("buildah", "podman", "runc", "debootstrap")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or any(shutil.which(tool) is None for tool in TOOLS),
        reason=f"needs root and {', '.join(TOOLS)}",
    ),
]


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where buildah and podman keep the images of this module: a stand-in must not stay behind as the real one."""
    folder = tmp_path_factory.mktemp("storage")
    conf = folder / "storage.conf"
    lines = ["[storage]", 'driver = "overlay"', f'graphroot = "{folder}/images"', f'runroot = "{folder}/run"']
    conf.write_text("\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(conf))
        yield folder
        _run("buildah", "rmi", "--all", "--force")


@pytest.fixture(scope="module")
def context(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_context(bundle.folder, tmp_path_factory.mktemp("image") / "context")


@pytest.fixture(scope="module")
def base(storage: Path, context: Path) -> str:
    """Debian's Python and pip, with the wheels on board, as a build here may reach no index."""
    root = storage / "base"
    packages = "--include=python3,python-is-python3,python3-pip,ca-certificates"
    _run("debootstrap", "--variant=minbase", packages, "bookworm", str(root))
    wanted = ["-r", str(context / "requirements.txt"), "-c", str(context / "constraints.txt")]
    _run(sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(root / "wheels"), *wanted)
    pip = ["[global]", "no-index = true", "find-links = /wheels", "break-system-packages = true"]
    (root / "etc/pip.conf").write_text("\n".join(pip) + "\n")
    archive = storage / "base.tar"
    _run("tar", "-C", str(root), "-cf", str(archive), ".")
    container = _run("buildah", "from", "scratch").strip()
    _run("buildah", "add", container, str(archive), "/")
    _run("buildah", "commit", "--rm", container, BASE)
    return BASE


def test_without_its_base_the_image_is_not_built_and_why_is_said(storage: Path, context: Path) -> None:
    image = build_image(context, "silencio:none")
    assert image.digest is None
    assert "buildah could not build it" in image.note


def test_the_image_serves_its_bundle(base: str, context: Path, bundle: Bundle) -> None:
    image = build_image(context, "silencio:test")
    assert str(image.digest).startswith("sha256:"), image.note
    assert build_image(context, "silencio:test").digest == image.digest
    facts = json.loads(_run("buildah", "inspect", "--type", "image", "silencio:test"))
    assert facts["OCIv1"]["config"]["Labels"]["silencio.sbom"] == image.sbom

    address = f"http://127.0.0.1:{(port := free_port())}"
    room = ["--network", "host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--read-only"]
    serve = ["python", "-m", "silencio", "serve", "--bundle", "/bundle", "--port", str(port)]
    container = _run(*PODMAN, "run", "--detach", "--rm", *room, "silencio:test", *serve).strip()
    try:
        until = time.monotonic() + 60
        while not answers(f"{address}/healthz") and time.monotonic() < until:
            time.sleep(0.2)
        heard = httpx.post(f"{address}/v1/identify", content=tone("howmon1", kind="OGG"), trust_env=False)
        assert heard.json()["model"]["digest"] == bundle.digest
        assert [s["code"] for s in heard.json()["species"]] == ["howmon1"]
        assert _run(*PODMAN, "exec", container, "id", "-u").strip() == "10001"
        listed = _run(*PODMAN, "exec", container, "sha256sum", "/bundle/sbom.json").split()[0]
        assert image.sbom == f"sha256:{listed}"
    finally:
        _run(*PODMAN, "stop", "--time", "10", container)


def test_a_new_bundle_is_one_new_layer(base: str, context: Path, tmp_path: Path) -> None:
    build_image(context, "silencio:test")
    other = make_bundle(tmp_path / "bundle", tones={"antshr1": 900.0, "frogli1": 1_200.0, "howmon1": 200.0})
    build_image(write_context(other.folder, tmp_path / "context"), "silencio:other")
    ours, theirs = _layers("silencio:test"), _layers("silencio:other")
    assert len(ours) == len(theirs)
    assert [a != b for a, b in zip(ours, theirs, strict=True)].count(True) == 1


def _layers(tag: str) -> list[str]:
    facts = json.loads(_run("buildah", "inspect", "--type", "image", tag))
    return list(facts["OCIv1"]["rootfs"]["diff_ids"])


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
