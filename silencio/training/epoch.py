"""What is known of an epoch once it is over."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """Two are equal if they learnt the same; how long it took is the machine's affair."""

    number: int
    of: int
    loss: float
    validation_loss: float
    validation_map: float
    seconds: float = field(compare=False)
    """With validation."""
    windows_per_second: float = field(compare=False)
    """While training."""
    wait_share: float = field(compare=False)
    """Of the time spent training, the share in which no step could begin for want of data."""

    @property
    def seconds_left(self) -> float:
        """Until the last epoch is over, if no early stop comes before."""
        return self.seconds * (self.of - self.number)

    def learnt(self) -> dict[str, float]:
        """What is the same every time: the part of a history that may shape a digest."""
        return {"number": self.number, "of": self.of} | self.curves()

    def curves(self) -> dict[str, float]:
        return {
            "loss": self.loss,
            "validation_loss": self.validation_loss,
            "validation_map": self.validation_map,
        }

    def figures(self) -> dict[str, float]:
        """All that a tracker draws over the epochs, by name."""
        pace = {
            "seconds": self.seconds,
            "windows_per_second": self.windows_per_second,
            "wait_share": self.wait_share,
        }
        return self.curves() | pace
