"""What the user sees beside the canvas."""

from napari_rsseg.docks.dock import RssegDock

__all__ = ["RssegDock"]
