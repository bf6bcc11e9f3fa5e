"""What is known of an epoch once it is over."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    number: int
    of: int
    loss: float
    validation_loss: float
    validation_map: float
