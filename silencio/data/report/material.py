"""A catalog, prepared for the eye: who is heard where, and which class has which colour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from silencio.data.catalog import PARTS, Catalog
from silencio.data.species import Species

COLOURS = 7
"""Classes that have a colour of their own; all after them share one."""
UNLABELLED = "no-class"


@dataclass(frozen=True)
class Material:
    catalog: Catalog
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many recordings the reader's own filters left out, by reason."""

    @property
    def recordings(self) -> pl.DataFrame:
        return self.catalog.recordings

    @cached_property
    def species(self) -> dict[str, Species]:
        return {species.code: species for species in self.catalog.species}

    @cached_property
    def heard(self) -> pl.DataFrame:
        """A row a recording and species that is heard there, but not in its background; `label` is null where
        nobody said who calls. The recording's other columns stand beside."""
        whole = self.recordings.select(recording="id", label="primary_label").drop_nulls()
        timed = self.catalog.annotations.select("recording", "label").unique(maintain_order=True)
        labels = pl.concat([whole, timed]).unique(maintain_order=True)
        classes = pl.DataFrame(
            [(s.code, s.class_name) for s in self.catalog.species],
            schema={"label": pl.String, "class_name": pl.String},
            orient="row",
        )
        return self.recordings.join(
            labels.join(classes, on="label", how="left"), left_on="id", right_on="recording", how="left"
        )

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The most heard first; those of which nothing is heard last."""
        heard = self.heard.drop_nulls("class_name")["class_name"].value_counts()
        counts: dict[str, int] = dict(heard.iter_rows())
        return tuple(
            sorted(
                {s.class_name for s in self.catalog.species}, key=lambda name: (-counts.get(name, 0), name)
            )
        )

    def colour(self, class_name: str | None) -> str:
        """The class in the style sheet."""
        if class_name is None:
            return UNLABELLED
        return f"k{min(self.classes.index(class_name), COLOURS)}"

    @cached_property
    def colours(self) -> tuple[tuple[str, str], ...]:
        """(class in the style sheet, what to call it), in the order in which they are drawn."""
        named = [(self.colour(name), name or "no class") for name in self.classes[:COLOURS]]
        if others := len(self.classes) - COLOURS:
            named += [(f"k{COLOURS}", f"{others} more")] if others > 0 else []
        if self.heard["class_name"].is_null().any():
            named.append((UNLABELLED, "nobody said who"))
        return tuple(named)

    @property
    def parts(self) -> tuple[str, ...]:
        there = set(self.recordings["part"])
        return tuple(part for part in PARTS if part in there)

    @cached_property
    def noun(self) -> tuple[str, str]:
        """What a label is called, one and several: data sets of barking dogs and spoken digits hold no species."""
        kinds = self.catalog.species
        if kinds and not any(species.scientific_name for species in kinds):
            return "label", "labels"
        return "species", "species"

    def name(self, code: str) -> str:
        species = self.species[code]
        return species.common_name or species.scientific_name or code
