"""From what was chosen to what answers prompts; worker side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from napari_rsseg.engine.device import choose_device
from napari_rsseg.engine.forward_thread import NOW
from napari_rsseg.engine.loading import fill_network, load_network
from napari_rsseg.engine.prompting.classical.segmenter import ClassicalSegmenter
from napari_rsseg.engine.prompting.sam_segmenter import SamSegmenter
from napari_rsseg.engine.prompting.student_features import StudentFeatures
from napari_rsseg.errors import ModelError
from napari_rsseg.models.light import KtdaLight
from napari_rsseg.models.sam import Sam, SamArchitecture

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from napari_rsseg.engine.forward_thread import ForwardThread
    from napari_rsseg.engine.prompting.room import Segmenter
    from napari_rsseg.engine.prompting.view import PromptSegmenter
    from napari_rsseg.registry.card import Card

__all__ = ["load_features", "load_segmenter"]


def load_segmenter(asked: PromptSegmenter, weights: Path | None, thread: ForwardThread) -> Segmenter:
    """Load what answers prompts.

    Parameters
    ----------
    asked : PromptSegmenter
        What was chosen.
    weights : Path or None
        Its weight file on this machine.
    thread : ForwardThread
        Computes all tensors of the worker.

    Raises
    ------
    ModelError, CheckpointError
        When the weights do not fit the card, or the card is of a family that answers no prompts.
    EngineError
        When there is no such device.
    """
    if asked.card is None:
        return ClassicalSegmenter(None)
    assert weights is not None  # they come with the card
    device = choose_device(asked.device)
    if asked.kind == "sam":
        network = thread.submit(NOW, _sam, asked.card, weights).result()
        return SamSegmenter(network, device, thread)
    return ClassicalSegmenter(load_features(asked.card, weights, device, thread))


def load_features(card: Card, weights: Path, device: torch.device, thread: ForwardThread) -> StudentFeatures:
    """Load the network whose features the classical segmenter compares.

    Raises
    ------
    ModelError, CheckpointError
        When the weights do not fit the card, or the network is of another family than ``ktda-light``.
    """
    student = thread.submit(NOW, load_network, card, weights).result()
    if not isinstance(student, KtdaLight):
        raise ModelError(
            f"Model {card.name} of family {card.family} gives no features for prompts.",
            "Choose a SAM model, or a model of family ktda-light.",
        )
    return StudentFeatures(student, card, device, thread)


def _sam(card: Card, weights: Path) -> Sam:
    try:
        network = Sam(SamArchitecture.model_validate(card.architecture))
    except ValidationError as error:
        found = "; ".join(entry["msg"] for entry in error.errors())
        raise ModelError(
            f"The architecture of {card.name} is not valid ({found}).",
            "Take the card that belongs to the weights.",
        ) from None
    fill_network(network, card, weights)
    return network
