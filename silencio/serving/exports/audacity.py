"""A label track of Audacity: start, end and label, separated by tabs."""

from silencio.serving.exports.cells import line
from silencio.serving.findings import Findings


def text(findings: Findings, merge: bool = False) -> str:
    return "".join(
        line([f"{one.start:.6f}", f"{one.end:.6f}", f"{one.species.common_name} {one.confidence:.2f}"], "\t")
        for one in findings.detections(merge)
    )
