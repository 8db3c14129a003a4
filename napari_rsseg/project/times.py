"""Times as the catalogue and JSON hold them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["utc_now", "utc_text"]


def utc_text(moment: datetime) -> str:
    """Return a moment as ISO 8601 text in UTC with milliseconds: ``2026-03-01T09:30:00.125Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_now() -> str:
    """Return this moment as ISO 8601 text in UTC with milliseconds."""
    return utc_text(datetime.now(UTC))
