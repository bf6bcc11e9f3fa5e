"""The command. Each sub-command is a door to a room; what takes long to import is imported behind it."""

import logging
import sys
import time
from importlib.metadata import entry_points
from typing import Annotated

import typer

from silencio.commands.bundle import bundle
from silencio.commands.crossval import crossval
from silencio.commands.data import data
from silencio.commands.features import features
from silencio.commands.identify import identify
from silencio.commands.jobs import jobs
from silencio.commands.keys import keys
from silencio.commands.learn import evaluate, optimize, retrain, train
from silencio.commands.registry import registry
from silencio.commands.release import gateway, release
from silencio.commands.runs import runs
from silencio.commands.serve import serve
from silencio.commands.settings import settings
from silencio.commands.stream import stream
from silencio.commands.triton import triton
from silencio.commands.tune import tune
from silencio.commands.watch import watch
from silencio.errors import SilencioError
from silencio.logs import complain, set_up

log = logging.getLogger(__name__)

BROKEN = SilencioError.exit_code

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""
Keep a bioacoustic classifier true: retrain, judge, shrink, test, release, listen.

`silencio demo --approved-by "Ana"` walks the whole loop on a built-in reserve.
Exit codes: 0 done, 1 a gate said no, 2 wrong use, 3 something broke.
""",
)

for noun in (settings, data, features, runs, jobs, bundle, registry, release, keys, stream, triton, serve):
    app.add_typer(noun)
for verb in (train, retrain, tune, crossval, evaluate, optimize, identify, watch):
    app.command()(verb)
app.command(hidden=True)(gateway)


@app.callback()
def _every_command(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log one JSON object a line.")] = False,
) -> None:
    set_up(verbose, json_logs)


def main() -> None:
    """Errors that a user can act on are a sentence and an exit code; any other is a bug, and keeps its traceback."""
    for command in entry_points(group="silencio.commands"):
        command.load()(app)
    began = time.monotonic()
    try:
        app()
    except SilencioError as error:
        complain(error)
        sys.exit(error.exit_code)
    except Exception:
        log.critical("this is a bug: please report it, with its log", exc_info=True)
        sys.exit(BROKEN)
    finally:
        log.debug("took %.1f s", time.monotonic() - began)
