"""What the recordings look and sound like: a card for each sample, drawn with the experiment's front end."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from silencio.data.report.card import card, pitches_of
from silencio.data.report.choose import MANY
from silencio.data.report.markup import Section, folded
from silencio.data.report.material import Material
from silencio.data.report.samples import Sample
from silencio.settings import FrontEnd

AT_ONCE = 12
"""Species; the others wait behind a click, class by class."""


def listen(material: Material, front_end: FrontEnd, drawn: Sequence[Sample]) -> Section:
    if not drawn:
        return Section("listen", "Look and listen", "<p>There is no recording.</p>")
    of_species = [
        (label, list(samples))
        for label, samples in groupby(drawn, key=lambda sample: sample[0].label)
        if label is not None
    ]
    others = [sample for sample in drawn if sample[0].label is None]
    pitches = pitches_of(front_end)
    about = (
        f'<p class="soft">Drawn as the model sees them: {front_end.n_mels} mel bands from {front_end.fmin:g} to '
        f"{front_end.fmax:g} Hz at {front_end.sample_rate:,} Hz, n_fft {front_end.n_fft}, hop {front_end.hop_length}. "
        "Low is below, early is left. Sound is compressed for this page, and every excerpt as loud as the next.</p>"
    )
    small = len(of_species) > MANY
    blocks = [_species(material, label, samples, pitches, small) for label, samples in of_species]
    body = about + _gallery(blocks[:AT_ONCE], small)
    if rest := list(zip(of_species, blocks, strict=True))[AT_ONCE:]:
        of_class = sorted(
            rest, key=lambda one: material.classes.index(material.species[one[0][0]].class_name)
        )
        for name, ones in groupby(of_class, key=lambda one: material.species[one[0][0]].class_name):
            htmls = [html for _, html in ones]
            body += folded(
                f"{len(htmls)} more {material.noun[1]}{f' · {name}' if name else ''}",
                _gallery(htmls, small),
            )
    if others:
        cards = "".join(_card(material, sample, pitches) for sample in others)
        body += f'<h3>Unattended recorders</h3><div class="cards">{cards}</div>'
    return Section("listen", "Look and listen", body)


def _gallery(blocks: Sequence[str], small: bool) -> str:
    return f'<div class="{"gallery small" if small else "gallery"}">{"".join(blocks)}</div>'


def _species(material: Material, label: str, samples: Sequence[Sample], pitches: str, small: bool) -> str:
    species = material.species[label]
    cards = "".join(_card(material, sample, "" if small else pitches) for sample in samples)
    return (
        f'<div class="sampled" id="{anchor(material, label)}"><h3><i class="dot {material.colour(species.class_name)}" '
        f'aria-hidden="true"></i>{escape(material.name(label))} <small><em>{escape(species.scientific_name)}</em> '
        f'{escape(species.class_name)}</small></h3><div class="cards">{cards}</div></div>'
    )


def anchor(material: Material, label: str) -> str:
    """Codes may hold anything, ids may not."""
    return f"species-{list(material.species).index(label)}"


def _card(material: Material, sample: Sample, pitches: str) -> str:
    chosen, seen = sample
    row = chosen.recording
    name = material.name(chosen.label) if chosen.label else "a soundscape"
    facts = [
        row["recordist"],
        f"{row['recorded_at']:%d %b %Y, %H:%M}" if row["recorded_at"] else None,
        f"rated {row['quality']:g}" if row["quality"] is not None else None,
        f"{row['snr_db']:.0f} dB SNR" if row["snr_db"] is not None else None,
        row["part"],
        row["licence"],
    ]
    said = " · ".join(escape(str(fact)) for fact in facts if fact)
    return card(seen, name, row["uri"].rpartition("/")[2], said, pitches)
