"""`silencio tune`"""

from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, On, Workspace, house_at

if TYPE_CHECKING:
    from pathlib import Path

    from silencio.settings import Site
    from silencio.steps.tune import Crew, Tuned
    from silencio.training.tuning.search import Search

SHOWN = 5
"""Trials in the table at the end; trials.csv has them all."""


def tune(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many in all; by default as tuning.trials says.")
    ] = None,
    on: Annotated[On, typer.Option(help="One by one here, or side by side on a Ray cluster.")] = On.HERE,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="On Ray: trials at a time; each takes training.threads cores."),
    ] = None,
) -> None:
    """Search for better settings in tuning.space, judged on the validation part alone.

    A trial that half of the others beat is cut short. Stopped or killed, and started again, the search goes on; so it
    does when it is asked for more trials. What it finds is best.yaml, an experiment file.

    Example: silencio tune demo --trials 10
    """
    from silencio.steps.tune import tune as search
    from silencio.terminal import bar

    house = house_at(experiment, workspace, changes)
    crew = _crew(on, workers, house.site)
    with bar("tune") as tell:
        _show(search(house, trials, tell, crew))


def _crew(on: On, workers: int | None, site: "Site") -> "Crew | None":
    from silencio.errors import WrongUse

    if on is On.RAY:

        def crew(search: "Search", folder: "Path") -> None:
            from silencio.training.tuning.on_ray import on_ray

            on_ray(search, site.ray_address, workers, folder)

        return crew
    if workers:
        raise WrongUse(
            f"--workers {workers} is for Ray: here, trials are made one after the other.",
            "Add --on ray, or leave it out.",
        )
    return None


def _show(tuned: "Tuned") -> None:
    from silencio.terminal import table

    keys = list(tuned.best.values)
    rows = [
        [str(t.number), f"{t.map or 0:.3f}", str(t.epochs), *(_short(t.values[key]) for key in keys)]
        for t in sorted((t for t in tuned.tried if t.complete), key=lambda t: -(t.map or 0))[:SHOWN]
    ]
    table(["trial", "validation mAP", "epochs", *keys], rows)
    for path in sorted(tuned.folder.iterdir()):
        if path.suffix in (".yaml", ".csv", ".png"):
            print(path)


def _short(value: object) -> str:
    from silencio.experiment import in_yaml

    return f"{value:.3g}" if isinstance(value, float) else in_yaml(value)
