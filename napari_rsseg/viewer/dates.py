"""Several dates of one place as a stack: one is seen at a time, through the same camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.viewer.label_stack import layers_of_role

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.viewer.workbench import Workbench
    from napari_rsseg.viewer.world import SceneLayer

__all__ = ["Dates"]

_ROLES = ("picture", "labels", "overview", "confidence")


class Dates:
    """Steps through the scenes that show the place of the chosen one; for the main thread.

    Parameters
    ----------
    workbench : Workbench
        Whose scenes.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._hidden: list[Layer] = []
        self._before = ""

    def stack(self) -> tuple[str, ...]:
        """Return the titles of the scenes that overlap the chosen one, itself among them, oldest first."""
        panel = self._workbench.panel
        if panel.scene is None:
            return ()
        here = self._box(panel.scene)
        found = [
            (scene.acquired or "", title)
            for title, scene in panel.scenes.items()
            if here is not None and _overlap(here, self._box(scene))
        ]
        return tuple(title for _, title in sorted(found))

    def step(self, by: int) -> str:
        """Show the next (1) or previous (-1) date in place of the one seen; return what is seen now."""
        stack, panel = self.stack(), self._workbench.panel
        if len(stack) < 2:
            return "There is one date of this place. Open another scene of it."
        title = stack[(stack.index(panel.scene_title) + by) % len(stack)]
        self._before = panel.scene_title
        self._see(title)
        acquired = panel.scenes[title].acquired
        return f"{title}, {acquired[:10]}." if acquired else f"{title}."

    def flicker(self) -> str:
        """Show the date that was seen before this one, and the other way round; return what is seen now."""
        stack, panel = self.stack(), self._workbench.panel
        if self._before not in stack or self._before == panel.scene_title:
            return self.step(1)
        return self.step(stack.index(self._before) - stack.index(panel.scene_title))

    def _see(self, title: str) -> None:
        """Show one scene and hide the others of the place; what the user had hidden of it stays hidden."""
        panel = self._workbench.panel
        shown, stack = panel.scenes[title], self.stack()
        scenes = [panel.scenes[name] for name in stack]
        for layer, known in self._layers():
            if known.scene is shown:
                if layer in self._hidden:
                    layer.visible = True
            elif any(known.scene is scene for scene in scenes) and layer.visible:
                layer.visible = False
                self._hidden.append(layer)
        self._hidden = [layer for layer in self._hidden if not layer.visible]
        panel.choose_scene(title)

    def _layers(self) -> list[tuple[Layer, SceneLayer]]:
        viewer = self._workbench.viewer
        return [entry for role in _ROLES for entry in layers_of_role(viewer, role)]

    def _box(self, scene: Scene) -> tuple[float, float, float, float] | None:
        """Return top, left, bottom and right of a scene in the world; None where it is not shown."""
        picture = self._workbench.picture(scene)
        if picture is None:
            return None
        size = (scene.height, scene.width)
        corners = np.array([(0, 0), (0, size[1]), (size[0], 0), size], dtype=float) - 0.5
        places = np.array([picture.data_to_world(tuple(corner))[-2:] for corner in corners])
        (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0)
        return float(top), float(left), float(bottom), float(right)


def _overlap(
    first: tuple[float, float, float, float], second: tuple[float, float, float, float] | None
) -> bool:
    return (
        second is not None
        and first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )
