from pathlib import Path

from silencio.training.epoch import Epoch
from silencio.training.plots import curves, draw_curves


def epoch(number: int, validation_map: float | None) -> Epoch:
    loss = None if validation_map is None else 0.6
    return Epoch(number, 3, 0.5, loss, validation_map, 1.0, 100.0, 0.01, 0.1)


def test_the_best_epoch_can_be_read_off_the_picture() -> None:
    figure = curves([epoch(1, 0.2), epoch(2, 0.7), epoch(3, 0.5)], "demo")

    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["loss", "validation mAP: 0.700 after epoch 2", "learning rate", "windows per second"]
    assert [len(axes.get_lines()) for axes in figure.axes] == [2, 2, 1, 1]


def test_where_nobody_validated_nothing_is_drawn_of_it() -> None:
    figure = curves([epoch(1, None)], "demo")

    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "loss",
        "learning rate",
        "windows per second",
    ]


def test_a_training_that_came_to_no_number_still_has_a_picture(tmp_path: Path) -> None:
    lost = Epoch(1, 1, float("nan"), float("inf"), 0.0, 1.0, 100.0, 0.01, 0.1)

    assert draw_curves([lost], "demo", tmp_path / "new" / "curves.png").read_bytes().startswith(b"\x89PNG")
