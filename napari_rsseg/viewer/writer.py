"""The writer that napari finds in the manifest: label layers of this plugin as georeferenced GeoTIFF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.classes.scheme import Scheme, builtin_scheme
from napari_rsseg.errors import OutputError
from napari_rsseg.panels.labelling import Labelling, LabelView
from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.world import SceneLayer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from napari_rsseg.panels.paged_array import IdArray
    from napari_rsseg.scenes.windows import Window

__all__ = ["LABELLING_KEY", "SCHEME_KEY", "save_labels", "write_labels"]

SCHEME_KEY = "napari-rsseg scheme"
"""Key of a label layer's metadata under which its scheme lies."""
LABELLING_KEY = "napari-rsseg labelling"
"""Key of a label layer's metadata under which the arrays behind it lie."""


def write_labels(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write a label layer of this plugin; refuses others, which have no place on the map.

    Raises
    ------
    OutputError
        When the layer is none of this plugin's, or the file cannot be written.
    """
    metadata = attributes.get("metadata", {})
    known = metadata.get(ROLE_KEY)
    if not isinstance(known, SceneLayer):
        raise OutputError(
            f"Layer {attributes.get('name', '')!r} belongs to no scene, so its place on the map is unknown.",
            "Save it with napari's own writer, or save labels that Segment made.",
        )
    scheme = metadata.get(SCHEME_KEY)
    if not isinstance(scheme, Scheme):
        scheme = builtin_scheme(known.task)
    labelling = metadata.get(LABELLING_KEY)
    labels: IdArray | LabelView
    # of a large scene the layer holds the edit window only
    labels = labelling.labels if isinstance(labelling, Labelling) else np.asarray(data, dtype=np.uint8)
    return [save_labels(path, labels, known, scheme, _origin(labelling))]


def _origin(labelling: object) -> dict[str, str]:
    """Return the tags of a file of these labels: what predicted them, and whether a hand changed them."""
    if not isinstance(labelling, Labelling):
        return {}
    return {**labelling.tags, "edited_pixels": str(labelling.count_edited(labelling.window))}


def save_labels(
    path: str,
    labels: IdArray | LabelView,
    known: SceneLayer,
    scheme: Scheme,
    tags: Mapping[str, str],
) -> str:
    """Write labels of a scene, (height, width); an existing file is replaced whole or not at all."""
    from napari_rsseg.scenes.masks import write_mask

    def read(window: Window) -> npt.NDArray[np.uint8]:
        return labels[window.slices]

    return str(
        write_mask(
            Path(path),
            like=known.scene,
            read=read,
            scheme=scheme,
            tags=tags,
            overwrite=True,
        )
    )
