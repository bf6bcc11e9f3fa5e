"""A sound on a page: its picture, its wave, a button to hear it, and what is known of it."""

from base64 import b64encode
from html import escape

import numpy as np

from silencio.audio.mel import hz_to_mel
from silencio.data.report.excerpt import Excerpt
from silencio.data.report.png import address
from silencio.settings import FrontEnd

PITCHES = (125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000)


def card(seen: Excerpt, name: str, file: str, said: str, pitches: str = "", above: str = "") -> str:
    """`said` and what stands `above` the picture are HTML, `name` and `file` are not; `pitches` as by `pitches_of`."""
    alt = f"Spectrogram of {name}, {seen.seconds:.1f} s of {file} from {seen.start:.1f} s on"
    sound = b64encode(seen.sound).decode()
    wave = "".join(f"M{k} {100 - a}V{100 + a}" for k, a in enumerate(seen.wave))
    return (
        f'<article class="sample">{above}<div class="picture"><img loading="lazy" decoding="async" '
        f'alt="{escape(alt)}" src="{address(seen.picture)}">{pitches}<i class="head"></i></div>'
        f'<svg class="wave" viewBox="0 0 {len(seen.wave)} 200" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{wave}"/></svg><div class="under"><button type="button" class="play" '
        f'aria-label="Play {escape(name)}, {escape(file)}"></button><p><b>{escape(file)}</b> '
        f"<span>{seen.start:.1f}–{seen.start + seen.seconds:.1f} s</span><br>{said}</p></div>"
        f'<audio preload="none" controls src="data:audio/mpeg;base64,{sound}"></audio></article>'
    )


def pitches_of(front_end: FrontEnd) -> str:
    """Labels at their heights on the mel scale."""
    low, high = hz_to_mel(np.array([front_end.fmin, front_end.fmax]))
    inside = [hz for hz in PITCHES if front_end.fmin * 1.5 < hz < front_end.fmax * 0.9][-4:]
    return "".join(
        f'<span class="hz" style="bottom:{100 * float((m - low) / (high - low)):.1f}%">'
        f"{hz / 1000:g} kHz</span>"
        for hz, m in zip(inside, hz_to_mel(np.array(inside, dtype=float)), strict=True)
    )
