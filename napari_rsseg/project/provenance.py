"""Where a label comes from."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["REVIEWED", "Provenance"]


class Provenance(IntEnum):
    """Who says a pixel's label, as stored beside it."""

    UNLABELLED = 0
    """Nobody said anything."""
    PREDICTED = 1
    """A model said so, and no person looked."""
    CORRECTED = 2
    """A person painted it."""
    ACCEPTED = 3
    """A person looked at what a model said and agreed."""
    IMPORTED = 4
    """It came with a mask made elsewhere."""


REVIEWED = (Provenance.CORRECTED, Provenance.ACCEPTED, Provenance.IMPORTED)
"""What a dataset version may hold and a prediction never overwrites."""
