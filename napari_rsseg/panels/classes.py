"""State and commands of the Classes form: colours and words of the task's classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.classes import PALETTES, load_scheme, palettes_of, recolour
from napari_rsseg.errors import SchemeError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.segment import SegmentPanel

__all__ = ["OWN_COLOURS", "ClassesPanel"]

OWN_COLOURS = "own colours"
"""What the palette of colours is called that belong to none of the known ones."""


@dataclass
class ClassesPanel:
    """What the classes of the task are called, mean and look like; the state lies in the page's panel.

    Attributes
    ----------
    segment : SegmentPanel
        Whose task's classes.
    """

    segment: SegmentPanel = field(repr=False)

    @property
    def scheme(self) -> Scheme:
        """The classes of the task as they are shown."""
        return self.segment.scheme_of(self.segment.task)

    @property
    def palettes(self) -> tuple[str, ...]:
        """Names of the palettes to choose from, the present one among them."""
        known = palettes_of(self.scheme)
        return known if self.palette in known else (*known, OWN_COLOURS)

    @property
    def palette(self) -> str:
        """Name of the palette that the classes wear."""
        colours = tuple(definition.colour.lower() for definition in self.scheme.classes)
        known = PALETTES.get(self.scheme.name, {})
        return next((name for name, palette in known.items() if palette == colours), OWN_COLOURS)

    def choose_palette(self, name: str) -> None:
        """Show the classes in the colours of a palette."""
        if name != OWN_COLOURS:
            self.segment.wear(recolour(self.scheme, name))

    def take_file(self, path: Path) -> None:
        """Take a scheme from a TOML file; what is wrong with it becomes the message.

        A file with the name and the classes of a task gives them its colours, definitions and pictures;
        another one becomes a task of its own, to be painted by hand or by a model trained on it.
        """
        panel = self.segment
        if panel.run_state != "idle":
            panel.message = "A segmentation is going on. Wait for its end or cancel it."
            return
        try:
            scheme = load_scheme(path)
            self._require_same_classes(scheme)
        except SchemeError as error:
            panel.message = str(error)
            return
        panel.wear(scheme)
        panel.add_task(scheme)
        panel.choose_task(scheme.name)
        panel.message = f"Classes of {path.name}: {', '.join(scheme.names)}."

    def _require_same_classes(self, scheme: Scheme) -> None:
        """Refuse other classes under the name of a task that is there."""
        panel = self.segment
        if scheme.name not in panel.tasks:
            return
        known = panel.scheme_of(scheme.name).names
        if scheme.names != known:
            raise SchemeError(
                f"Scheme {scheme.name} of the file has the classes {', '.join(scheme.names)}, "
                f"the task of that name {', '.join(known)}.",
                "Give the scheme in the file another name.",
            )
