"""Windows of the queue as commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_rsseg.review import QueueEntry

__all__ = ["entry_facts"]


def entry_facts(entry: QueueEntry) -> dict[str, object]:
    """Return a window as names and values, for JSON."""
    return {
        "id": entry.id,
        "scene": entry.scene,
        "window": str(entry.window),
        "state": entry.state.value,
        "assigned_to": entry.assigned_to,
        "is_blind": entry.is_blind,
        "is_gold": entry.is_gold,
        "comments": entry.comments,
    }
