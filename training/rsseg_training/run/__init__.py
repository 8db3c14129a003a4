"""Request in, progress out: what ``rsseg-train`` does."""

from __future__ import annotations

from rsseg_training.run.command import main

__all__ = ["main"]
