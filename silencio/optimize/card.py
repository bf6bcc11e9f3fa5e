"""What a person wants to read beside a model: its card."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from silencio.data.species import Species
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.thresholds import Threshold
from silencio.optimize.rows import Table, cells
from silencio.settings import Experiment

CARD = """\
# {name}

Names the species that call in {seconds:g}-second windows of a recording. {classes} species: {species}.

| | |
|---|---|
| architecture | {architecture} |
| runs as | {variant}: {engine}, {precision}, {size:.1f} MB |
| on {processor}, {cores} cores | {latency:.1f} ms a window on one thread (95 % within {latency_p95:.1f}), \
{speed:.0f} windows/s in batches on two |
| mAP on the test windows | {map:.3f} ({low:.3f} to {high:.3f}, 95 %) |
| catalog | {catalog} |
| windows | {windows} |
| checkpoint | {checkpoint} |
| compared with | {champion} |
| commit | {commit} |

## Use it for
Recordings made where the training data were made. A species counts as heard from its own threshold on
(`thresholds.json`), set so that about {false_positives:.0%} of the windows without it are wrong.
{thresholds}

## Do not use it for
Species that are not listed: it can only take them for one that is. Counting animals: it says who calls, not how
many. Decisions about protected species without a person who listens.

## Limits
It was judged on {judged} windows of {recordings} recordings, {heard} of its {classes} species among them; of the
others nothing is known. The report says under which conditions it hears worse. {silent}

## How it was made small
{because}

{table}

Measured on {processor}, {cores} cores; on other hardware other variants may be faster, and their answers may differ in
the last digits.
"""


def write_card(
    path: Path,
    experiment: Experiment,
    species: Sequence[Species],
    thresholds: Sequence[Threshold],
    result: EvaluationResult,
    table: Table,
    identity: Mapping[str, Any],
) -> None:
    names, overall, chosen = sorted(s.common_name for s in species), result.figure(), table.chosen
    path.write_text(
        CARD.format(
            name=experiment.name,
            seconds=experiment.audio.window_seconds,
            classes=len(names),
            species=", ".join(names),
            architecture=experiment.model.architecture,
            variant=chosen.variant,
            engine=chosen.engine,
            precision=chosen.precision,
            size=chosen.size_mb,
            latency=chosen.latency_ms,
            latency_p95=chosen.latency_p95_ms,
            speed=chosen.windows_per_second,
            processor=table.machine["processor"],
            cores=table.machine["cores"],
            **{name: identity[name] for name in ("catalog", "windows", "checkpoint", "champion", "commit")},
            map=overall.candidate.value,
            low=overall.candidate.low,
            high=overall.candidate.high,
            false_positives=experiment.evaluation.false_positive_rate,
            thresholds=_of_thresholds(thresholds),
            judged=overall.windows,
            recordings=overall.recordings,
            heard=overall.classes,
            silent=_never_reported(thresholds, species),
            because=table.chosen_because,
            table=_markdown(table),
        ),
        "utf-8",
    )


def _of_thresholds(thresholds: Sequence[Threshold]) -> str:
    called = [threshold for threshold in thresholds if threshold.calls]
    windows = sum(threshold.calls for threshold in called)
    return f"{len(called)} of the {len(thresholds)} thresholds were set where the species calls, in {windows} windows."


def _never_reported(thresholds: Sequence[Threshold], species: Sequence[Species]) -> str:
    names = {s.code: s.common_name for s in species}
    never = [names[threshold.label] for threshold in thresholds if threshold.value > 1]
    return (
        f"Never reported, for nothing less keeps false alarms rare enough: {', '.join(never)}."
        if never
        else ""
    )


def _markdown(table: Table) -> str:
    heads, rows = cells(table.rows)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
