"""Trains the models that napari_rsseg runs: a request in, a run folder out."""
