"""`silencio settings …`"""

from silencio.commands.words import Changes, Experiment, group

settings = group("settings", "The experiment file. Example: silencio settings show demo")


@settings.command("show")
def settings_show(experiment: Experiment = "demo", changes: Changes = None) -> None:
    """Print every value of an experiment, also the defaults, and where it came from.

    What is printed is an experiment file itself: kept, it is read back as the same experiment.

    Example: silencio settings show my.yaml --set audio.n_mels=64
    """
    from silencio.experiment import annotated, load_effective

    effective = load_effective(experiment, changes or ())
    print(annotated(effective.experiment, effective.origin), end="")


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
