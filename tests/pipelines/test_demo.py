"""What the demo prints of the service's answers."""

import io

from rich.console import Console

from pipelines.demo import what_was_heard

FROG = {"common_name": "Litter frog", "confidence": 0.934}
ANSWERS = {
    "soundscape_7.ogg": {"seconds": 60.0, "species": [FROG, {"common_name": "Antshrike", "confidence": 0.5}]},
    "night.ogg": {"seconds": 5.25, "species": []},
}


def printed(width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(what_was_heard(ANSWERS))
    return out.getvalue()


def test_each_recording_is_a_line_with_what_was_heard_in_it() -> None:
    lines = [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in printed(100).splitlines()
    ]
    assert lines == [
        ["recording", "seconds", "heard"],
        ["soundscape_7.ogg", "60.0", "Litter frog 93%, Antshrike 50%"],
        ["night.ogg", "5.2", "nothing that it is sure of"],
    ]


def test_nothing_is_cut_off_on_a_narrow_terminal() -> None:
    words = printed(48).replace("\n", " ").split()
    assert {"93%,", "Antshrike", "50%"} <= set(words)
