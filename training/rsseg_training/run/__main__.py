"""``python -m rsseg_training.run``."""

from __future__ import annotations

from rsseg_training.run.command import main

main()
