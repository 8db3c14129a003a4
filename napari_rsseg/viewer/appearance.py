"""How label layers look: colours, transparent classes, legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.viewer.layers import label_colormap
from napari_rsseg.viewer.legend import (
    hide_legend,
    legend_entries,
    legend_row_at,
    prepare_row,
    show_legend,
    shown_classes,
)
from napari_rsseg.viewer.world import layer_of_plugin
from napari_rsseg.viewer.writer import SCHEME_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Layer

    from napari_rsseg.classes.scheme import ClassDefinition, Scheme

__all__ = ["Appearance"]


class Appearance:
    """Legend and colours of all label layers of a viewer.

    Parameters
    ----------
    viewer : Viewer
        Whose layers are shown.

    Attributes
    ----------
    shows_background, shows_legend : bool
        Whether classes that schemes call background are drawn; whether the legend is.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        self.shows_background = False
        self.shows_legend = True
        self._legend: tuple[ClassDefinition, ...] = ()

    def preparations(self) -> tuple[Callable[[], None], ...]:
        """Return pieces of work that make the first legend quick, each a few hundredths of a second."""
        return tuple(piece for row in range(4) for piece in prepare_row(self.viewer, row))

    def draw_legend(self) -> None:
        """Show the classes of all label layers that are visible, the topmost first."""
        schemes = [layer.metadata[SCHEME_KEY] for layer in self._layers("labels") if layer.visible]
        if self.shows_legend and schemes:
            self._legend = shown_classes(schemes, show_background=self.shows_background)
            show_legend(self.viewer, self._legend)
        elif legend_entries(self.viewer):
            hide_legend(self.viewer)

    def class_at(self, x: float, y: float) -> ClassDefinition | None:
        """Return the class whose name in the legend lies at a place of the canvas, in its pixels."""
        row = legend_row_at(self.viewer, x, y)
        return None if row is None else self._legend[row]

    def toggle_background(self) -> None:
        """Show or hide the classes that schemes call background, in all label layers."""
        self.shows_background = not self.shows_background
        for layer in self._layers("labels", "overview"):
            self._colour(layer)
        self.draw_legend()

    def toggle_legend(self) -> None:
        """Show or hide the legend."""
        self.shows_legend = not self.shows_legend
        self.draw_legend()

    def wear(self, scheme: Scheme) -> None:
        """Give label layers of this scheme its present colours and words."""
        for layer in self._layers("labels", "overview"):
            if layer.metadata[SCHEME_KEY].name == scheme.name and layer.metadata[SCHEME_KEY] != scheme:
                layer.metadata[SCHEME_KEY] = scheme
                self._colour(layer)
        self.draw_legend()

    def _colour(self, layer: Layer) -> None:
        layer.colormap = label_colormap(layer.metadata[SCHEME_KEY], show_background=self.shows_background)

    def _layers(self, *roles: str) -> list[Layer]:
        """Return label layers of roles, topmost first."""
        found = ((layer, layer_of_plugin(layer)) for layer in reversed(self.viewer.layers))
        return [layer for layer, known in found if known is not None and known.role in roles]
