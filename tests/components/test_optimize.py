"""`optimize`"""

from pathlib import Path

import pytest
from kfp.dsl import Metrics

from components.optimize import optimize
from silencio.handover import Kind, Receipt
from tests.components.conftest import Desk, Workshop


def test_a_bundle_is_handed_over_with_what_it_costs_and_its_report(desk: Desk, workshop: Workshop) -> None:
    bundle, page, summary = (desk.artifact(name) for name in ("bundle", "page", "summary"))
    metrics = desk.artifact("metrics", Metrics)

    optimize.python_func(
        **desk.where,
        catalog=desk.holding(workshop.catalog),
        windows=desk.holding(workshop.windows),
        checkpoint=desk.holding(workshop.checkpoint),
        champion="",
        bundle=bundle,
        metrics=metrics,
        page=page,
        summary=summary,
    )

    made = Receipt.read(Path(bundle.path)).open(Kind.BUNDLE)
    assert made == workshop.bundle
    assert metrics.metadata["map"] == pytest.approx(made.facts["map"], abs=1e-3)
    assert {"size_mb", "latency_ms"} <= metrics.metadata.keys()
    assert Path(page.path).read_bytes() == (made / "report/report.html").read_bytes()
    assert Path(summary.path).read_bytes() == (made / "report/report.md").read_bytes()
