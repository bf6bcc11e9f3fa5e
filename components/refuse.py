"""The end of a run that a gate stopped."""

from kfp.dsl import component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def refuse(gate: str, verdict: str) -> None:
    """Say which gate stopped the run. The champion stays; nothing is registered.

    Args:
        gate: Where it stopped.
        verdict: fail or inconclusive.
    """
    from components.receipts import say

    say(f"stopped: {gate} said {verdict}")
