"""`silencio settings …`"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from silencio.commands.words import Changes, Experiment, group

if TYPE_CHECKING:
    from silencio.experiment import Effective

settings = group("settings", "The experiment file. Example: silencio settings show demo")


@settings.command("show")
def settings_show(experiment: Experiment = "demo", changes: Changes = None) -> None:
    """Print every value of an experiment, also the defaults, and where it came from.

    What is printed is an experiment file itself: kept, it is read back as the same experiment.

    Example: silencio settings show my.yaml --set audio.n_mels=64
    """
    from silencio.experiment import load_effective

    effective = load_effective(experiment, changes or ())
    lines = list(_lines(effective, effective.experiment.model_dump(mode="json")))
    width = min(48, max(len(text) for text, origin in lines if origin))
    for text, origin in lines:
        print(f"{text:{width}}  # {origin}" if origin else text)


@settings.command("presets")
def settings_presets() -> None:
    """List the presets, and what each is for.

    Example: silencio settings presets
    """
    from importlib.resources import files

    from silencio.experiment import presets
    from silencio.terminal import table

    folder = files("silencio.presets")
    heads = {name: (folder / f"{name}.yaml").read_text().partition("\n")[0] for name in presets()}
    table(["preset", "what for"], [[name, head.removeprefix("# ")] for name, head in heads.items()])


def _lines(
    effective: "Effective", section: dict[str, Any], key: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """YAML line by line, each value's with its origin."""
    indent = "  " * len(key)
    for name, value in section.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:", ""
            yield from _lines(effective, value, (*key, name))
        else:
            yield f"{indent}{name}: {_flow(value)}", effective.origin((*key, name))


def _flow(value: Any) -> str:
    """A value in YAML on one line."""
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
