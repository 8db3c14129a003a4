"""Segment, correct, review and retrain on satellite and aerial scenes inside napari."""

__version__ = "0.1.0"
