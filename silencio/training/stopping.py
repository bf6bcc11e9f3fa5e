"""When to stop: a function of the history alone, so that a training that goes on after a kill decides alike."""

from collections.abc import Sequence

from silencio.training.epoch import Epoch


def is_over(history: Sequence[Epoch], epochs: int, patience: int | None, min_delta: float) -> bool:
    """All epochs are done, or the validation mAP did not get better by more than `min_delta` for `patience`."""
    if len(history) >= epochs:
        return True
    return patience is not None and epochs_without_gain(history, min_delta) >= patience


def epochs_without_gain(history: Sequence[Epoch], min_delta: float) -> int:
    best, waited = float("-inf"), 0
    for epoch in history:
        now = float("-inf") if epoch.validation_map is None else epoch.validation_map
        if now > best + min_delta:
            best, waited = now, 0
        else:
            waited += 1
    return waited
