"""Labels of other layers and other dates, at the pixels of the scene that is corrected."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools import on_other_grid
from napari_rsseg.viewer.label_stack import layers_of_role
from napari_rsseg.viewer.writer import LABELLING_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.correct_site import CorrectSite
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["other_labels"]


def other_labels(
    viewer: napari.Viewer, site: CorrectSite
) -> dict[str, Callable[[Window], npt.NDArray[np.uint8]]]:
    """Return readers of all other labels that share a class with those of a site, by the name of their layer.

    Each gives labels of a window of the site's scene in its own ids: by the class's name, and where the
    pixels lie on the map.
    """
    found: dict[str, Callable[[Window], npt.NDArray[np.uint8]]] = {}
    for layer, known in layers_of_role(viewer, "labels"):
        labelling: Labelling = layer.metadata[LABELLING_KEY]
        shared = set(labelling.scheme.names) & set(site.scheme.names)
        if labelling is not site.labelling and shared:
            found[layer.name] = partial(_read, site, known.scene, labelling)
    return found


def _read(site: CorrectSite, scene: Scene, labelling: Labelling, window: Window) -> npt.NDArray[np.uint8]:
    ids = on_other_grid(
        window, site.scene.georeference, scene.georeference, labelling.window, labelling.read_labels
    )
    return _translation(labelling.scheme, site.scheme)[ids]


def _translation(source: Scheme, target: Scheme) -> npt.NDArray[np.uint8]:
    """Return the id of the class of the same name for each id, (256,); 255 where there is none."""
    table = np.full(IGNORED + 1, IGNORED, dtype=np.uint8)
    for number, name in enumerate(source.names):
        if name in target.names:
            table[number] = target.id_of(name)
    return table
