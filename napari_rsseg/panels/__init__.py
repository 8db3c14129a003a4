"""Evented state and commands of each page; no Qt, no napari."""
