"""One line a request in the log: its id, what was asked, how it went, and what was heard; never who asked."""

import logging

from silencio.serving.visits import Visit

log = logging.getLogger(__name__)

ON_A_CLOCK = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds: a line of each would bury the others."""


class Logbook:
    def begins(self, visit: Visit) -> None: ...

    def ends(self, visit: Visit) -> None:
        level = logging.DEBUG if visit.route in ON_A_CLOCK else logging.INFO
        if not log.isEnabledFor(level):
            return
        top = max(visit.species, key=lambda code: visit.species[code], default=None)
        fields = {
            "method": visit.method,
            "route": visit.route,
            "status": visit.status,
            "ms": round(1000 * visit.seconds, 2),
            "bytes": visit.bytes,
            "windows": visit.windows or None,
            "top": top,
            "confidence": visit.species[top] if top else None,
            "request": visit.request,
            "model": visit.digest,
            "key": visit.who,
        }
        said = {name: value for name, value in fields.items() if value is not None}
        heard = f", {visit.windows} windows, {top or 'nothing sure'}" if visit.windows else ""
        log.log(
            level,
            "%s %s: %s in %.1f ms%s",
            visit.method,
            visit.route,
            visit.status,
            1000 * visit.seconds,
            heard,
            extra={"fields": said},
        )

    def closes(self) -> None: ...
