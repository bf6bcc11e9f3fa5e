"""The data report: one page that shows what a catalog holds, and loads nothing.

data_report(catalog, experiment, workspace)   # workspace/reports/data-…/report.html
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from silencio.data.catalog import Catalog
from silencio.data.report.material import Material
from silencio.data.report.page import render
from silencio.handover import Handover
from silencio.identity import code_digest, digest_of
from silencio.progress import Tell, counting, nobody
from silencio.settings import Experiment
from silencio.workspace import Workspace

PAGE = "report.html"

log = logging.getLogger(__name__)


def data_report(catalog: Handover, experiment: Experiment, workspace: Workspace, tell: Tell = nobody) -> Path:
    """Where the page lies; it is made only where the catalog, the front end or the code is another."""
    key = digest_of(_inputs(catalog, experiment))
    path = workspace / f"reports/data-{key[:12]}" / PAGE
    if path.exists():
        log.debug("the data report %s is there already", key[:12])
        return path
    material = Material(Catalog.open(catalog), catalog.facts["left_out_because"])
    page = render(
        material, experiment.audio, experiment.name, catalog.digest, counting(tell, "samples drawn")
    )
    partial = path.with_suffix(".partial")
    partial.write_text(page, encoding="utf-8")
    partial.replace(path)
    return path


def _inputs(catalog: Handover, experiment: Experiment) -> Mapping[str, Any]:
    return {
        "catalog": catalog.digest,
        "left_out": catalog.facts["left_out_because"],
        "name": experiment.name,
        "audio": experiment.audio.model_dump(mode="json"),
        "code": code_digest("audio", "data"),
    }
