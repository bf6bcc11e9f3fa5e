"""A real bundle in milliseconds: a one-layer ONNX model that hears pure tones, and tones for it to hear."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import soundfile
from onnx import TensorProto, helper, numpy_helper

from silencio.audio.mel import hz_to_mel
from silencio.data.species import Species
from silencio.handover import Kind, seal
from silencio.optimize.bundle import SBOM, Bundle, write_contents
from silencio.optimize.engines.runs_on import RunsOn
from silencio.optimize.sbom import write_sbom
from silencio.settings import FrontEnd

FRONT_END = FrontEnd(sample_rate=16_000, window_seconds=1.0, hop_seconds=1.0, n_mels=32, fmax=8_000.0)

SPECIES = (
    Species("antshr1", "Antshrike", "Thamnophilus multistriatus", "Aves"),
    Species("frogli1", "Litter frog", "Craugastor fitzingeri", "Amphibia"),
    Species("howmon1", "Howler monkey", "Alouatta seniculus", "Mammalia"),
)
TONES = {"antshr1": 2_000.0, "frogli1": 1_000.0, "howmon1": 300.0}
"""What each species calls at, in Hz."""


def make_bundle(
    folder: Path,
    tones: Mapping[str, float] = TONES,
    front_end: FrontEnd = FRONT_END,
    facts: Mapping[str, object] | None = None,
) -> Bundle:
    """Seal a bundle whose model answers with the species that calls at the loudest pitch.

    Another assignment of `tones` is another model; another `front_end` (with as many mel bands) is the same
    model fed with something it was not made for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(tone_model(tones), folder / "model.onnx")
    write_contents(folder, SPECIES, {s.code: 0.5 for s in SPECIES}, front_end)
    write_sbom(folder / SBOM, RunsOn())
    seal(folder, Kind.BUNDLE, {"architecture": "tones", "variant": "fp32"} | dict(facts or {}))
    return Bundle.open(folder)


def tone_model(tones: Mapping[str, float]) -> onnx.ModelProto:
    """[n, 1, mels, frames] to [n, classes]: each band's mean over time, then one linear layer."""
    pitch = np.array([hz_to_mel(np.array([tones[s.code]]))[0] for s in SPECIES])
    lowest, highest = hz_to_mel(np.array([FRONT_END.fmin, FRONT_END.fmax]))
    bands = np.linspace(lowest, highest, FRONT_END.n_mels + 2)[1:-1]
    width = 1.5 * (bands[1] - bands[0])
    weights = np.exp(-(((pitch[:, None] - bands[None, :]) / width) ** 2)).astype(np.float32)
    bias = np.full(len(SPECIES), -4.0, np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["windows", "axes"], ["levels"], keepdims=0),
        helper.make_node("Gemm", ["levels", "weights", "bias"], ["logits"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tones",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["n", 1, FRONT_END.n_mels, "frames"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(SPECIES)])],
        [
            numpy_helper.from_array(np.array([1, 3]), "axes"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def tone(code: str, seconds: float = 1.0, kind: str = "WAV", seed: int = 0) -> bytes:
    """A recording in which one species of `TONES` calls through all of it, over faint noise."""
    rate = FRONT_END.sample_rate
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.01, len(time))
    return encode(0.3 * np.sin(2 * np.pi * TONES[code] * time) + noise, kind)


def encode(samples: np.ndarray, kind: str = "WAV", rate: int = FRONT_END.sample_rate) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples.astype(np.float32), rate, format=kind)
    return file.getvalue()


def write_tones(folder: Path, each: int = 2) -> list[Path]:
    """Recordings of every species, as files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for code in TONES:
        for seed in range(each):
            path = folder / f"{code}-{seed}.wav"
            path.write_bytes(tone(code, seconds=1.0 + seed, seed=seed))
            paths.append(path)
    return paths
