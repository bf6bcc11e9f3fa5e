"""Bring what comes before a command's own step up to date."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from silencio.handover import Handover
    from silencio.steps.house import House


def up_to(wanted: str, house: "House") -> "Handover":
    """Make what is wanted, and what it needs first; whatever is done already is only looked up."""
    from silencio.steps import build, rounds
    from silencio.terminal import bar

    catalog, windows = catalog_and_windows(house)
    if wanted == "windows":
        return windows
    with bar("train") as tell:
        if wanted == "checkpoint":
            return build.train(house, windows, tell)
        checkpoint = rounds.train(house, catalog, windows, tell)
    with bar("champion"):
        rival = build.champion(house, checkpoint)
    if wanted == "report":
        with bar("evaluate"):
            return build.evaluate(house, catalog, windows, checkpoint, rival)
    with bar("optimize") as tell:
        return build.optimize(house, catalog, windows, checkpoint, rival, tell)


def catalog_and_windows(house: "House") -> "tuple[Handover, Handover]":
    from silencio.steps import build
    from silencio.terminal import bar

    with bar("ingest") as tell:
        catalog = build.ingest(house, tell=tell)
    with bar("features") as tell:
        return catalog, build.features(house, catalog, tell)
