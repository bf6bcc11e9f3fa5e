"""How the published weights of an architecture name their parts."""

from dataclasses import dataclass

from silencio.settings import FrontEnd


@dataclass(frozen=True)
class Published:
    stem: str = ""
    """The first convolution, whose weights for three channels are added up for one."""
    classifier: str = ""
    """What says which class: it is left out where the classes are not ours."""
    besides: tuple[str, ...] = ()
    """What is in the file and not in our network, by how its names begin."""
    front_end: FrontEnd | None = None
    """What the network was trained to look at, if it cannot do without."""
    free: tuple[str, ...] = ()
    """The front end's settings that may be others."""
