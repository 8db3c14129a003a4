"""A network and a backbone for napari-rsseg, as an example."""
