"""What the engine says to requests that it does not take, or gives up."""

from silencio.serving.problems import Problem


def full(seconds: int) -> Problem:
    """`seconds` until what waits now is done."""
    return Problem(
        429,
        "Too many recordings wait already.",
        f"Send it again in {seconds} s.",
        {"retry-after": str(seconds)},
    )


def late(seconds: int) -> Problem:
    return Problem(
        504,
        "The recording was not heard by its deadline, and nobody works at it any more.",
        f"Send it again in {seconds} s, or allow more time.",
        {"retry-after": str(seconds)},
    )
