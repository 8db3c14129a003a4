"""A scene of another reference system than the scenes shown: re-projected on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from napari_rsseg.panels.question import Question
from napari_rsseg.scenes.georeferencing import crs_label, same_crs
from napari_rsseg.scenes.reprojecting import reprojected

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import Georeference, Scene

__all__ = ["OtherCrs"]


@dataclass
class OtherCrs:
    """The scene that was not opened, and what to do about it.

    Attributes
    ----------
    question : Question or None
        Whether to re-project it; None: nothing is to be decided.
    """

    question: Question | None = None
    _scene: Scene | None = field(default=None, repr=False)
    _target: Georeference | None = field(default=None, repr=False)

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    def ask(self, scene: Scene, shown: Georeference) -> bool:
        """Ask whether a scene is to be re-projected; return whether there is anything to ask.

        There is not where the scene fits, or where one of both has no reference system.
        """
        here, there = shown.is_georeferenced, scene.georeference.is_georeferenced
        if not (here and there) or same_crs(shown, scene.georeference):
            return False
        target = crs_label(shown)
        self._scene, self._target = scene, shown
        self.question = Question(
            f"The scene lies in {crs_label(scene.georeference)}, what is shown in {target}.",
            {"reproject": f"Re-project to {target} and open", "stop": "Leave it"},
        )
        return True

    def forget(self) -> None:
        """Leave the scene."""
        self._scene = self._target = self.question = None

    def reprojected(self) -> Scene:
        """Return the scene in the reference system of those shown; for any thread.

        Raises
        ------
        SceneError
            When it cannot be warped.
        """
        assert self._scene is not None  # asked about
        assert self._target is not None
        assert self._target.crs_wkt is not None
        return reprojected(self._scene, self._target.crs_wkt)
