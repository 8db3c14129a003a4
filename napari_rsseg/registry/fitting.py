"""Whether a model can be run on a scene, said before the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_rsseg.registry.card import Card
    from napari_rsseg.scenes.scene import Scene

__all__ = ["Fit", "fit"]

_PROMPTED = "it answers prompts and segments nothing by itself"
_WITHOUT_CLASSES = {"backbone": "it is a backbone to train networks on and segments nothing by itself"}


@dataclass(frozen=True)
class Fit:
    """What stands against running a model on a scene.

    Attributes
    ----------
    problems : tuple of str
        Reasons why it cannot be run; empty: it can.
    warnings : tuple of str
        Reasons to look twice at the result.
    """

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the model can be run on the scene."""
        return not self.problems


def _missing_bands(card: Card, scene: Scene) -> list[str]:
    roles = {band.role for band in scene.bands}
    missing = [role for role in card.bands if role not in roles]
    if not missing:
        return []
    known = ", ".join(f"{band.name} = {band.role or 'unknown'}" for band in scene.bands)
    return [f"it needs a {' and a '.join(missing)} band, the scene has {known}"]


def _gsd_warnings(card: Card, scene: Scene) -> list[str]:
    low, high = card.gsd_min_m, card.gsd_max_m
    if low is None and high is None:
        return []
    trained = f"{low or 0:g} to {high:g} m" if high is not None else f"{low:g} m and coarser"
    if scene.gsd_m is None:
        return [f"the scene's pixel size is unknown, the model was trained on pixels of {trained}"]
    if (low is not None and scene.gsd_m < low) or (high is not None and scene.gsd_m > high):
        return [f"the scene's pixels are {scene.gsd_m:.3g} m, the model was trained on {trained}"]
    return []


def _radiometry(card: Card, scene: Scene) -> tuple[list[str], list[str]]:
    """Return problems and warnings of the values that the network would receive."""
    kind = scene.radiometry.kind
    if card.input_values.expects == "reflectance" and kind != "scale":
        return ["it was trained on reflectance, and what the scene's numbers mean is not known"], []
    if card.input_values.expects == "display" and kind == "percentile":
        return [], ["what the scene's numbers mean is not known; they are stretched from percentile 2 to 98"]
    if card.input_values.expects == "tile-minmax":
        return [], ["each tile is scaled by its own minimum and maximum, as its authors did"]
    return [], []


def fit(card: Card, scene: Scene) -> Fit:
    """Compare what a card expects with what a scene offers: bands, values and pixel size."""
    problems = [] if card.scheme is not None else [_WITHOUT_CLASSES.get(card.family, _PROMPTED)]
    problems += _missing_bands(card, scene)
    of_values, warnings = _radiometry(card, scene)
    return Fit(tuple(problems + of_values), tuple(warnings + _gsd_warnings(card, scene)))
