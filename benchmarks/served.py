"""What the benchmarks of serving serve, and the recordings that they send: made once, kept in results/serving."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import soundfile
import torch

from benchmarks.report import RESULTS
from silencio.data.species import Species
from silencio.experiment import load_experiment
from silencio.handover import MANIFEST, Kind, seal
from silencio.models import build
from silencio.optimize.bundle import MODEL, Bundle, write_contents
from silencio.optimize.export import export
from silencio.optimize.makers.material import Material
from silencio.optimize.making import MAKERS
from silencio.optimize.recipes import EXPORTED, RECIPES
from silencio.serving.process import RunningProcess, free_port, silencio_command, start
from silencio.settings.judging import Engine

FOLDER = RESULTS / "serving"
CLASSES = 206
"""As many as BirdCLEF 2025 has."""
CLIPS, CLIP_SECONDS, RATE = 8, 5.0, 32_000
CALIBRATION = 32


def clips() -> list[Path]:
    """Whistles over faint noise, five seconds each, Ogg Vorbis at libsndfile's usual quality."""
    folder = FOLDER / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(CLIP_SECONDS * RATE)) / RATE
    paths = [folder / f"clip-{number}.ogg" for number in range(CLIPS)]
    for number, path in enumerate(paths):
        if not path.exists():
            pitch = 1_500 + 400 * number + 300 * np.sin(2 * np.pi * (2 + number) * time)
            song = 0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * (np.sin(2 * np.pi * time) > 0)
            noise = np.random.default_rng(number).normal(0, 0.003, len(time))
            soundfile.write(path, (song + noise).astype(np.float32), RATE, format="OGG", subtype="VORBIS")
    return paths


def bundle(variant: Engine) -> Bundle:
    """A MobileNetV2 at the demo's front end, as the optimizers of this project make it. Its weights are drawn: it
    hears nothing, as fast as one that does."""
    folder = FOLDER / variant
    if not (folder / MANIFEST).exists():
        folder.mkdir(parents=True, exist_ok=True)
        experiment, recipe = load_experiment("demo"), RECIPES[variant]
        _make(recipe.file, folder / MODEL)
        species = tuple(
            Species(f"species{n:03d}", f"Common name {n}", f"Genus species{n}", "Aves")
            for n in range(CLASSES)
        )
        write_contents(folder, species, {s.code: 0.5 for s in species}, experiment.audio, recipe.runs_on)
        seal(folder, Kind.BUNDLE, {"architecture": experiment.model.architecture, "variant": variant})
    return Bundle.open(folder)


def _make(file: str, path: Path) -> None:
    experiment = load_experiment("demo")
    torch.manual_seed(experiment.seed)
    network = build(experiment.model, experiment.audio.shape, CLASSES).eval()
    pictures = np.random.default_rng(1).normal(size=(CALIBRATION, *experiment.audio.shape)).astype(np.float32)
    exported = path.with_name(EXPORTED)
    export(network, pictures, exported)
    if file == EXPORTED:
        exported.replace(path)
        return
    # No accuracy is asked of drawn weights.
    MAKERS[file](Material(exported, network, pictures, lambda _: 0.0, 1.0), path)
    exported.unlink()


@contextmanager
def service(served: Bundle, settings: Mapping[str, object]) -> Iterator[tuple[str, int, RunningProcess]]:
    """A service in a process of its own: its host, its port, and the process."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    changes = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command = silencio_command("serve", "--bundle", str(served.folder), "--port", str(port), *changes)
    process = start(command, FOLDER / "service.log", f"{address}/readyz")
    try:
        yield str(urlsplit(address).hostname), port, process
    finally:
        process.stop()
