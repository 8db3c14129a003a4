"""Where prompts are given: which part of which scene, how large its pixels are, and what answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_rsseg.errors import EngineError
from napari_rsseg.registry.choices import PROMPTS, chosen_models
from napari_rsseg.registry.sources import installed_models
from napari_rsseg.scenes.scene import band_indices
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.registry.card import Card
    from napari_rsseg.registry.sources import ModelFile
    from napari_rsseg.scenes.scene import Scene, SceneReference

__all__ = ["VIEW_SIDE_PX", "PromptSegmenter", "PromptView", "choose_segmenter", "view_of"]

VIEW_SIDE_PX = 1024
"""Most pixels per side that a segmenter sees at once."""


@dataclass(frozen=True)
class PromptSegmenter:
    """What turns prompts into masks.

    Attributes
    ----------
    card : Card or None
        Of family ``sam``: that network answers. Of another family: the classical segmenter answers, by
        colour, texture and this network's features. None: by colour and texture alone.
    weights : Path or None
        Weight file of the card.
    device : {"auto", "cuda", "mps", "cpu"}
        Where the network runs.
    """

    card: Card | None = None
    weights: Path | None = None
    device: DeviceChoice = "auto"

    @property
    def kind(self) -> Literal["sam", "classical"]:
        """Which way the masks are made."""
        return "sam" if self.card is not None and self.card.family == "sam" else "classical"

    @property
    def name(self) -> str:
        """What answers call it."""
        return self.card.name if self.card is not None and self.kind == "sam" else "classical"

    @property
    def sentence(self) -> str:
        """Which one runs, and how to get the better one."""
        if self.kind == "sam":
            assert self.card is not None  # kind says so
            return f"Prompts are answered by {self.card.title}."
        return (
            "Prompts are answered by the classical segmenter, which needs no further weights; SAM makes "
            "better masks: run `napari-rsseg models get mobile-sam`, or import its file on the Models page."
        )


@dataclass(frozen=True)
class PromptView:
    """A part of a scene in which prompts are given; travels to the worker.

    Attributes
    ----------
    scene : SceneReference
        How to open the scene; its radiometry is set.
    fingerprint : str
        What the scene must still be when the worker opens it.
    window : Window
        The part, in pixels of level 0, inside the scene.
    pixel_px : float
        How many pixels of level 0 one pixel of the segmenter's image spans: the ground size that it sees,
        in pixels of the scene.
    bands : (int, int, int)
        Indices of the bands shown as red, green and blue.
    segmenter : PromptSegmenter
        What answers.
    """

    scene: SceneReference
    fingerprint: str
    window: Window
    pixel_px: float
    bands: tuple[int, int, int]
    segmenter: PromptSegmenter

    def __post_init__(self) -> None:
        if self.scene.radiometry is None:
            raise EngineError(
                f"The radiometry of scene {self.scene.uri} is not fixed.",
                "Open the scene and use its own reference.",
            )
        if self.window.is_empty:
            raise EngineError(f"View {self.window} holds no pixel.", "Move the view onto the scene.")
        if max(self.image_shape) > VIEW_SIDE_PX:
            raise EngineError(
                f"View {self.window} at {self.pixel_px:g} pixels is an image of {self.image_shape[0]} x "
                f"{self.image_shape[1]} pixels; at most {VIEW_SIDE_PX} per side are seen at once.",
                "Choose a larger ground size, or zoom in.",
            )

    @property
    def image_shape(self) -> tuple[int, int]:
        """Rows and columns of the image that the segmenter sees."""
        return (
            max(1, int(self.window.height / self.pixel_px + 0.5)),
            max(1, int(self.window.width / self.pixel_px + 0.5)),
        )


def view_of(
    scene: Scene,
    shown: Window,
    segmenter: PromptSegmenter,
    *,
    pixel_px: float | None = None,
    bands: tuple[int, int, int] | None = None,
) -> PromptView:
    """Return the view for what is on the screen.

    Parameters
    ----------
    scene : Scene
        The scene.
    shown : Window
        What the screen shows of it, in pixels of level 0; may reach beyond the scene.
    segmenter : PromptSegmenter
        What answers.
    pixel_px : float, optional
        Ground size that the segmenter sees, in pixels of level 0 (metres divided by ``scene.gsd_m``). The
        view is then the square of 1024 such pixels around the middle of the screen. Default: just so large
        that all that is shown is seen, and for the classical segmenter at least 1.
    bands : (int, int, int), optional
        Indices of the bands shown as red, green and blue; default: those of these roles, else the first three
        (a scene with fewer shows its last one several times).

    Raises
    ------
    EngineError
        When no pixel of the scene is shown, or the ground size is not positive.
    """
    whole = Window.of(scene.height, scene.width)
    seen = shown.intersection(whole)
    if seen.is_empty:
        raise EngineError(
            f"Window {shown} holds no pixel of the scene of {scene.height} x {scene.width} pixels.",
            "Move the view onto the scene.",
        )
    if pixel_px is not None:
        if not pixel_px > 0:
            raise EngineError(f"The ground size is {pixel_px:g} pixels.", "Give one above 0.")
        seen = _square_about(seen, int(VIEW_SIDE_PX * pixel_px), whole)
    fitting = max(seen.shape) / VIEW_SIDE_PX
    least = fitting if segmenter.kind == "sam" else max(1.0, fitting)
    return PromptView(
        scene=scene.reference,
        fingerprint=scene.fingerprint,
        window=seen,
        pixel_px=least if pixel_px is None else max(pixel_px, fitting),
        bands=bands or _shown_bands(scene),
        segmenter=segmenter,
    )


def choose_segmenter(
    models: Iterable[ModelFile] | None = None,
    *,
    name: str | None = None,
    task: str = "landslide",
    device: DeviceChoice = "auto",
) -> PromptSegmenter:
    """Return the best segmenter that is installed, or the one that the user prefers.

    Parameters
    ----------
    models : iterable of ModelFile, optional
        The installed ones; default: looked up.
    name : str, optional
        Of the SAM card to use, or ``classical``; default: the SAM card that the user chose for prompts, else
        the first one, else ``classical``.
    task : str
        Scheme whose starter gives the classical segmenter its features.
    device : {"auto", "cuda", "mps", "cpu"}
        Where the network runs.

    Raises
    ------
    EngineError
        When a SAM model of that name is asked for and not installed.
    """
    known = tuple(installed_models() if models is None else models)
    sams = [model for model in known if model.card.family == "sam"]
    chosen = chosen_models().get(PROMPTS)
    sams.sort(key=lambda model: model.card.name != chosen)
    if name not in (None, "classical"):
        sams = [model for model in sams if model.card.name == name]
        if not sams:
            raise EngineError(
                f"No SAM model {name!r} is installed.",
                f"Run `napari-rsseg models get {name}`, or import its file on the Models page.",
            )
    if sams and name != "classical":
        return PromptSegmenter(sams[0].card, sams[0].weights_path, device)
    light = [model for model in known if model.card.family == "ktda-light"]
    light.sort(key=lambda model: model.task != task)
    if not light:
        return PromptSegmenter(device=device)
    return PromptSegmenter(light[0].card, light[0].weights_path, device)


def _square_about(seen: Window, side: int, whole: Window) -> Window:
    """Return a square about the middle of a window, moved so that as much as possible of it is scene."""

    def placed(start: int, stop: int, length: int) -> tuple[int, int]:
        size = min(max(side, 1), length)
        first = min(max((start + stop - size) // 2, 0), length - size)
        return first, first + size

    rows = placed(seen.row_start, seen.row_stop, whole.height)
    columns = placed(seen.column_start, seen.column_stop, whole.width)
    return Window(*rows, *columns)


def _shown_bands(scene: Scene) -> tuple[int, int, int]:
    roles = {band.role for band in scene.bands}
    if {"red", "green", "blue"} <= roles:
        red, green, blue = band_indices(scene, ("red", "green", "blue"))
        return red, green, blue
    last = len(scene.bands) - 1
    return 0, min(1, last), min(2, last)
