"""Probabilities that a prediction kept, as a GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.scenes.scene import Scene

__all__ = ["write_kept_probabilities"]


def write_kept_probabilities(
    path: Path, store: Path, scene: Scene, *, scheme: Scheme, tags: Mapping[str, str]
) -> Path:
    """Write a float16 band per class, NaN where nothing was predicted; an existing file is replaced.

    Parameters
    ----------
    path : Path
        GeoTIFF to write.
    store : Path
        The stored prediction.
    scene : Scene
        What was predicted.
    scheme : Scheme
        Classes of the prediction.
    tags : mapping
        What made it.

    Raises
    ------
    OutputError
        When no probabilities were kept, or the file cannot be written.
    """
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.scenes.masks import write_probabilities

    kept = PredictionStore.open(store) if store.exists() else None
    if kept is None or not kept.layout.probabilities:
        raise OutputError(
            "No probabilities were kept of these labels.",
            "Tick Keep probabilities under Options and press Segment.",
        )
    return write_probabilities(
        path, like=scene, read=kept.read_probabilities, scheme=scheme, tags=tags, overwrite=True
    )
