"""Where a model version stands on its way."""

from enum import StrEnum


class Stage(StrEnum):
    CANDIDATE = "candidate"
    STAGING = "staging"
    CANARY = "canary"
    PRODUCTION = "production"
    ARCHIVED = "archived"


NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.CANDIDATE: frozenset({Stage.STAGING, Stage.ARCHIVED}),
    Stage.STAGING: frozenset({Stage.CANARY, Stage.ARCHIVED}),
    Stage.CANARY: frozenset({Stage.PRODUCTION, Stage.ARCHIVED}),
    Stage.PRODUCTION: frozenset({Stage.ARCHIVED}),
    # Back to production: a rollback to the champion before.
    Stage.ARCHIVED: frozenset({Stage.STAGING, Stage.PRODUCTION}),
}
"""The moves that are legal."""

CLASSIC = {
    Stage.CANDIDATE: "None",
    Stage.STAGING: "Staging",
    Stage.CANARY: "Staging",
    Stage.PRODUCTION: "Production",
    Stage.ARCHIVED: "Archived",
}
"""MLflow's own stages, for whoever still reads them."""

ALIASED = (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION)
"""Stages that one version at a time holds, under an alias of the stage's name."""
