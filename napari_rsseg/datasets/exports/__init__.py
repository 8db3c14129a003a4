"""Results in the formats of other programs."""

from napari_rsseg.datasets.exports.vectors import write_vectors

__all__ = ["write_vectors"]
