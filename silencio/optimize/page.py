"""The search as one HTML page beside the bundle's report: why this variant, the picture, and the table."""

from html import escape
from pathlib import Path

from silencio.optimize.pareto import pareto_svg
from silencio.optimize.rows import Table, cells

PAGE, PLOT = "variants.html", "pareto.svg"

HTML = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>How the model was made small</title>
<style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
.wide{{overflow-x:auto}}
table{{border-collapse:collapse;font-size:.875rem}}
th,td{{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8884}}
</style></head><body>
<h1>How the model was made small</h1>
<p>{because}</p>
{plot}
<p>Filled: passes. Hollow: refused, or never served. A larger dot is a larger file.</p>
<div class="wide" tabindex="0" role="region" aria-label="All variants"><table>
<thead><tr>{heads}</tr></thead><tbody>
{rows}
</tbody></table></div>
<p>Measured side by side on {processor}, {cores} cores. <i>ms</i> is for one window on one thread, as the service runs
(median and 95th percentile); <i>windows/s</i> in batches of 16 on two threads; <i>memory</i> what opening and a batch
took in a process of its own; <i>lost</i> is mAP against fp32.</p>
</body></html>
"""


def write_page(folder: Path, table: Table) -> None:
    """`folder` is the report's."""
    plot = pareto_svg(table.rows)
    (folder / PLOT).write_text(plot, "utf-8")
    heads, rows = cells(table.rows)
    (folder / PAGE).write_text(
        HTML.format(
            because=escape(table.chosen_because),
            plot=plot,
            heads="".join(f'<th scope="col">{escape(head)}</th>' for head in heads),
            rows="\n".join(_row(row) for row in rows),
            processor=escape(str(table.machine["processor"])),
            cores=table.machine["cores"],
        ),
        "utf-8",
    )


def _row(row: list[str]) -> str:
    first, *others = (escape(cell) for cell in row)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'
