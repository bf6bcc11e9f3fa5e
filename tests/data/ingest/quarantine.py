"""What ingest put aside."""

from silencio.data.catalog import Catalog
from silencio.handover import Handover


def quarantined(handover: Handover) -> dict[str, str]:
    """uri: reason"""
    return dict(Catalog.open(handover).quarantine.iter_rows())
