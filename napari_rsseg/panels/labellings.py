"""The labels of all scenes of a session, and what a hand painted on them, kept between sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.errors import RssegError
from napari_rsseg.panels.kept_edits import keep_edits, kept_schemes, restore_edits
from napari_rsseg.panels.labelling import Labelling

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.scenes.scene import Scene

__all__ = ["Labellings"]


class Labellings:
    """Labels by scene and scheme.

    Parameters
    ----------
    panel : SegmentPanel
        Says how classes are shown and where things are kept; told what was brought back.

    Attributes
    ----------
    has_new_edits : bool
        Whether labels may have been changed by hand since they were last kept.
    """

    def __init__(self, panel: SegmentPanel) -> None:
        self._panel = panel
        self._known: dict[tuple[str, str], Labelling] = {}
        self.has_new_edits = False

    @property
    def folder(self) -> Path:
        """Where what a hand painted is kept until there is a project."""
        return self._panel.store_root.parent / "edits"

    def of(self, scene: Scene, scheme: Scheme) -> Labelling:
        """Return the labels of a scene under a scheme: empty, or as painted in an earlier session."""
        key = (scene.fingerprint, scheme.name)
        if key not in self._known:
            labelling = Labelling(self._panel.dressed(scheme), scene.height, scene.width)
            restored = restore_edits(self.folder, scene, labelling)
            if restored:
                self._panel.message = (
                    f"{restored} pixels that you painted on {scheme.name} earlier were brought back."
                )
            self._known[key] = labelling
        return self._known[key]

    def wear(self, scheme: Scheme) -> None:
        """Give labels of the same classes this scheme's colours and words."""
        for labelling in self._known.values():
            if labelling.scheme.name == scheme.name and labelling.scheme.names == scheme.names:
                labelling.scheme = scheme

    def painted_earlier(self, scene: Scene) -> tuple[Scheme, ...]:
        """Return schemes of labels painted on a scene in an earlier session and not yet shown in this one."""
        kept = kept_schemes(self.folder, scene)
        return tuple(scheme for scheme in kept if (scene.fingerprint, scheme.name) not in self._known)

    def note_painting(self) -> None:
        """Remember that a hand may have changed labels."""
        self.has_new_edits = True

    def keep(self) -> None:
        """Keep what was painted, for any thread; what goes wrong becomes the message."""
        if not self.has_new_edits:
            return
        self.has_new_edits = False
        try:
            for (fingerprint, _), labelling in list(self._known.items()):
                keep_edits(self.folder, fingerprint, labelling)
        except RssegError as error:
            self._panel.message = str(error)
