"""The picture in view and its superpixels, for tools that look at it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from napari_rsseg.editing.tools import divide
from napari_rsseg.panels.correct_picture import SEEN_PX, see
from napari_rsseg.panels.correct_tools import tool_of
from napari_rsseg.panels.faults import describe_fault

if TYPE_CHECKING:
    from napari_rsseg.editing.tools import Seen
    from napari_rsseg.panels.correct_options import CorrectOptions
    from napari_rsseg.panels.correct_site import CorrectSite
    from napari_rsseg.panels.correct_state import CorrectState
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["CorrectView"]


class CorrectView:
    """Reads and divides what is in view, once.

    Parameters
    ----------
    state : CorrectState
        Says what is in view and which tool is chosen; told the superpixels and what is going on.
    """

    def __init__(self, state: CorrectState) -> None:
        self._state = state
        self._seen: tuple[Scene, Seen] | None = None
        self._divided: tuple[object, ...] = ()

    def look(self, site: CorrectSite, window: Window) -> Seen | None:
        """Return the picture of a window; None where it is too large, which is told.

        Raises
        ------
        SceneError
            When the file is damaged there.
        """
        inside = window.intersection(site.ground.extent)
        if inside.is_empty or max(inside.shape) > SEEN_PX:
            self._state.message = f"Zoom in until at most {SEEN_PX} pixels are in view."
            return None
        if self._seen is None or self._seen[0] is not site.scene or self._seen[1].window != inside:
            self._seen = (site.scene, see(site.scene, inside))
        return self._seen[1]

    def divide(self) -> None:
        """Divide the view in the background where the tool needs it and it is another one."""
        state = self._state
        if not tool_of(state.tool).needs_superpixels or state.activity:
            return
        site, window = state.find_site(), state.find_window()
        if site is None or window is None:
            return
        inside = window.intersection(site.ground.extent)
        wanted = (site.scene.fingerprint, inside, state.options.superpixels, state.options.superpixel_px)
        if wanted == self._divided:
            return
        self._divided, state.superpixels = wanted, None
        if inside.is_empty or max(inside.shape) > SEEN_PX:
            state.message = f"Zoom in until at most {SEEN_PX} pixels are in view."
            return
        state.activity = "Dividing the view into superpixels …"
        work = partial(self._divide, site, inside, state.options)
        threading.Thread(target=work, name="rsseg-superpixels", daemon=True).start()

    def _divide(self, site: CorrectSite, window: Window, options: CorrectOptions) -> None:
        state = self._state
        try:
            seen = see(site.scene, window)
            self._seen = (site.scene, seen)
            state.superpixels = divide(seen, options.superpixels, options.superpixel_px)
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            state.message = describe_fault(error)
        state.activity = ""
