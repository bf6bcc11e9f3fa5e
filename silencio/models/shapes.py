"""Who looks at pictures, and who at a row of numbers."""

from silencio.errors import WrongUse


def only_pictures(architecture: str, shape: tuple[int, ...]) -> None:
    if len(shape) < 2:
        raise WrongUse(
            f"{architecture} looks at pictures, and a window of this front end is {shape[0]} numbers.",
            "Set audio.aggregate to none, or take model.architecture fcnn.",
        )


def only_a_row(architecture: str, shape: tuple[int, ...]) -> None:
    if len(shape) > 1:
        size = " × ".join(map(str, shape))
        raise WrongUse(
            f"{architecture} reads a row of numbers, and a window of this front end is a picture, {size}.",
            "Take model.architecture fcnn, which flattens pictures, or one that looks at them, such as cnn.",
        )
