"""Which pixels operations may change: measured ones, and where wanted only some classes or doubtful ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.ground import FULL_CONFIDENCE
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground

__all__ = ["OnlyOver", "clipped"]


@dataclass(frozen=True)
class OnlyOver:
    """What may be painted over; by default all that was measured.

    Parameters
    ----------
    classes : frozenset of int, or None
        Label ids that may change, 255 among them for what is not labelled yet; None: all.
    below_confidence : float or None
        Only where the model was less sure than this, 0 to 1; None: everywhere. Where no model said
        anything nothing is kept back.
    """

    classes: frozenset[int] | None = None
    below_confidence: float | None = None


def clipped(operation: Operation, ground: Ground, over: OnlyOver) -> Operation | None:
    """Return the part of an operation that may be done; None where nothing is left.

    Parameters
    ----------
    operation : Operation
        From any tool or stroke; may reach beyond the ground.
    ground : Ground
        What is measured and labelled.
    over : OnlyOver
        What may be painted over.
    """
    window = operation.window.intersection(ground.extent)
    if window.is_empty:
        return None
    part = window.within(operation.window).slices
    where = operation.where[part] & ground.valid(window)
    if over.classes is not None:
        where &= np.isin(ground.labels(window), list(over.classes))
    if over.below_confidence is not None:
        confidence = ground.confidence(window)
        where &= (confidence < over.below_confidence * FULL_CONFIDENCE) | (confidence == IGNORED)
    new = operation.labels[part] if isinstance(operation.labels, np.ndarray) else operation.labels
    return trimmed(operation.tool, window, where, new, operation.provenance)
