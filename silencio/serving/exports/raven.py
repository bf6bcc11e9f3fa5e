"""A selection table of Raven Pro and Raven Lite: tab-separated, one row a detection."""

from silencio.serving.exports.cells import line
from silencio.serving.findings import Findings

COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Species",
    "Species Code",
    "Confidence",
)


def text(findings: Findings, merge: bool = False) -> str:
    """The boxes are as high as what the model hears: it says when somebody calls, not at which pitch."""
    front_end = findings.heard.served.bundle.front_end
    whole = front_end.features == "embedding"
    low, high = (0.0, front_end.sample_rate / 2) if whole else (front_end.fmin, front_end.fmax)
    rows = [
        line(
            [
                str(number),
                "Spectrogram 1",
                "1",
                f"{one.start:.3f}",
                f"{one.end:.3f}",
                f"{low:.1f}",
                f"{high:.1f}",
                one.species.common_name,
                one.species.code,
                f"{one.confidence:.4f}",
            ],
            "\t",
        )
        for number, one in enumerate(findings.detections(merge), start=1)
    ]
    return "".join([line(COLUMNS, "\t"), *rows])
