"""Everything outside the docks that imports napari."""
