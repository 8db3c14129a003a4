"""What travels between the engine and a worker for prompts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from napari_rsseg.engine.prompting.prompts import PromptAnswer, Prompts, Proposals, ViewReady
from napari_rsseg.engine.request import mapped
from napari_rsseg.engine.tasks import NeedsWeights, Refused, Stopped

if TYPE_CHECKING:
    from napari_rsseg.engine.packing import PackedArray
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.engine.request import PathMapping

__all__ = ["NeedsImage", "PromptErrand", "PromptReply", "PromptTask", "as_workers_see"]

PromptErrand = Literal["prepare", "segment", "propose"]


@dataclass(frozen=True)
class PromptTask:
    """One question about a view.

    Attributes
    ----------
    name : str
        By which it is called off.
    errand : {"prepare", "segment", "propose"}
        What to do.
    view : PromptView
        Where, with places as workers see them.
    prompts : Prompts
        What the user said; empty but for ``segment``.
    image : PackedArray or None
        The view's image where the worker cannot read the scene.
    """

    name: str
    errand: PromptErrand
    view: PromptView
    prompts: Prompts = field(default_factory=Prompts)
    image: PackedArray | None = None


@dataclass(frozen=True)
class NeedsImage:
    """The worker cannot read the scene and asks for the view's image."""


PromptReply = ViewReady | PromptAnswer | Proposals | NeedsImage | NeedsWeights | Refused | Stopped


def as_workers_see(view: PromptView, path_mapping: PathMapping) -> PromptView:
    """Return a view whose scene lies where workers find it."""
    if not path_mapping:
        return view
    return replace(view, scene=replace(view.scene, uri=mapped(view.scene.uri, path_mapping)))
