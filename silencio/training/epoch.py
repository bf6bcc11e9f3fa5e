"""What is known of an epoch once it is over."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """Two are equal if they learnt the same; how long it took is the machine's affair."""

    number: int
    of: int
    loss: float
    validation_loss: float | None
    """None where nobody validates."""
    validation_map: float | None
    seconds: float = field(compare=False)
    """With validation."""
    windows_per_second: float = field(compare=False)
    """While training."""
    wait_share: float = field(compare=False)
    """Of the time spent training, the share in which no step could begin for want of data."""
    learning_rate: float | None = None
    """Of its last step."""

    @property
    def seconds_left(self) -> float:
        """Until the last epoch is over, if no early stop comes before."""
        return self.seconds * (self.of - self.number)

    def learnt(self) -> dict[str, float]:
        """What is the same every time: the part of a history that may shape a digest."""
        return {"number": self.number, "of": self.of} | self.curves()

    def curves(self) -> dict[str, float]:
        curves = {
            "loss": self.loss,
            "validation_loss": self.validation_loss,
            "validation_map": self.validation_map,
            "learning_rate": self.learning_rate,
        }
        return {name: value for name, value in curves.items() if value is not None}

    def said(self) -> str:
        """In a line, for whoever waits."""
        what = f"loss {self.loss:.3f}"
        if self.validation_map is not None:
            what += f", validation mAP {self.validation_map:.3f}"
        return what + (f", {self.seconds_left:.0f} s to go" if self.seconds_left else "")

    def figures(self) -> dict[str, float]:
        """All that a tracker draws over the epochs, by name."""
        pace = {
            "seconds": self.seconds,
            "windows_per_second": self.windows_per_second,
            "wait_share": self.wait_share,
        }
        return self.curves() | pace
