"""Pack a bundle and the service into a container image; where no image can be built, hand over its context.

context = write_context(bundle.folder, workspace / "models/images" / bundle.digest[:16])
image = build_image(context, "silencio:" + bundle.digest[:12])
"""

import logging
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from silencio import __version__
from silencio.errors import SilencioError
from silencio.identity import PACKAGE, digest_of_file, git_commit
from silencio.optimize.bundle import SBOM, Bundle
from silencio.optimize.engines.runs_on import extras_of

log = logging.getLogger(__name__)

BUILD_SECONDS = 1800
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


@dataclass(frozen=True)
class Image:
    context: Path
    digest: str | None
    """`sha256:…` of the image's manifest; None where only the context could be made."""
    note: str
    """Why there is no image, or how it was built."""
    sbom: str
    """`sha256:…` of what lists all that is in it: in the context as sbom.json, in the image at /bundle/sbom.json, and
    in its label silencio.sbom, so that who has the image alone can tell whether a list is its own."""


def write_context(bundle_folder: Path, folder: Path) -> Path:
    """Fill an empty or missing folder with all that `buildah build` or `docker build` needs.

    The same bundle and the same code give the same files. Layers go from what changes least to what changes
    most: dependencies, source, bundle.
    """
    bundle = Bundle.open(bundle_folder)
    if folder.exists() and any(folder.iterdir()):
        raise SilencioError(f"{folder} is not empty.", "Name a new folder for the image's context.")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(bundle.folder, folder / "bundle")
    shutil.copytree(PACKAGE, folder / "silencio", ignore=NOT_SOURCE)
    checkout = PACKAGE.parent
    (folder / "requirements.txt").write_text("\n".join(_requirements(checkout, bundle)) + "\n")
    lock = checkout / "requirements.lock"
    (folder / "constraints.txt").write_text(lock.read_text() if lock.exists() else "")
    shutil.copyfile(bundle.folder / SBOM, folder / SBOM)
    template = (files("silencio.serving") / "Containerfile").read_text()
    text = Template(template).substitute(commit=git_commit(), bundle=bundle.digest, sbom=sbom_digest(folder))
    (folder / "Containerfile").write_text(text)
    return folder


def sbom_digest(context: Path) -> str:
    return f"sha256:{digest_of_file(context / SBOM)}"


def build_image(context: Path, tag: str) -> Image:
    """Build with buildah. Without it, or without the base image, the context is what is handed over."""
    buildah, sbom = shutil.which("buildah"), sbom_digest(context)
    if buildah is None:
        note = "buildah is not installed: build the context where it, or Docker, is."
        return Image(context, None, note, sbom)
    build = [buildah, "build", "--isolation", "chroot", "--format", "docker", "--layers", "--timestamp", "0"]
    try:
        _run([*build, "--tag", tag, str(context)])
        digest = _run(
            [buildah, "inspect", "--type", "image", "--format", "{{.FromImageDigest}}", tag]
        ).strip()
    except subprocess.TimeoutExpired:
        note = f"buildah took longer than {BUILD_SECONDS} s: build the context elsewhere."
        return Image(context, None, note, sbom)
    except subprocess.CalledProcessError as error:
        words = (error.stderr or "").strip().splitlines() or ["it said nothing"]
        return Image(context, None, f"buildah could not build it: {words[-1]}", sbom)
    return Image(context, digest, f"Built by buildah as {tag}.", sbom)


def _requirements(checkout: Path, bundle: Bundle) -> list[str]:
    """What the service of this bundle imports, as pyproject.toml says; an installed package asks for itself instead."""
    declared, extras = checkout / "pyproject.toml", extras_of(bundle.runs_on)
    if not declared.exists():
        return [f"silencio[{','.join(extras)}]=={__version__}"]
    project = tomllib.loads(declared.read_text())["project"]
    optional = project["optional-dependencies"]
    return sorted({*project["dependencies"], *(line for extra in extras for line in optional[extra])})


def _run(command: list[str]) -> str:
    log.info("%s", " ".join(command))
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=BUILD_SECONDS)
    return done.stdout
