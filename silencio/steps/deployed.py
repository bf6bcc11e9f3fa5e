"""Which bundle the registry says is to be served."""

from silencio.errors import WrongUse
from silencio.registry.stages import ALIASED, Stage
from silencio.registry.versions import Registry
from silencio.serving.engine.sources import Found, Look


def at_stage(registry: Registry, stage: str) -> Look:
    """What holds a stage now; it is brought to this machine when it is new."""
    if stage not in [aliased.value for aliased in ALIASED]:
        raise WrongUse(
            f"{stage} is no stage that one version holds.",
            f"There are {', '.join(s.value for s in ALIASED)}.",
        )

    def look() -> Found | None:
        version = registry.at(Stage(stage))
        if version is None:
            return None
        bundle = registry.fetch(version)
        return Found(bundle.folder, f"{version.number} {bundle.digest}", version.number)

    return look
