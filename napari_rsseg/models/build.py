"""From the words of a model card to a network."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import ValidationError

from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from napari_rsseg.models.network import SegmentationNetwork

__all__ = ["FAMILIES", "build"]


def _ktda(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.ktda import Ktda, KtdaArchitecture

    return Ktda(KtdaArchitecture.model_validate(architecture))


def _st_dasegnet(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.st_dasegnet import StDasegnet, StDasegnetArchitecture

    return StDasegnet(StDasegnetArchitecture.model_validate(architecture))


def _translandseg(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.translandseg import TransLandSeg, TransLandSegArchitecture

    return TransLandSeg(TransLandSegArchitecture.model_validate(architecture))


def _ktda_light(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.light import KtdaLight, KtdaLightArchitecture

    return KtdaLight(KtdaLightArchitecture.model_validate(architecture))


def _unet(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.light import UNet, UNetArchitecture

    return UNet(UNetArchitecture.model_validate(architecture))


FAMILIES: dict[str, Callable[[Mapping[str, JsonValue]], SegmentationNetwork]] = {
    "ktda": _ktda,
    "ktda-light": _ktda_light,
    "stdasegnet": _st_dasegnet,
    "unet": _unet,
    "translandseg": _translandseg,
}
"""Makers of networks by family; each imports its own libraries when it is first asked."""


def build(family: str, architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    """Make a network with initial weights.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`, as in a card's ``family``.
    architecture : mapping
        The family's arguments, JSON values only, as in a card's ``architecture``.

    Returns
    -------
    SegmentationNetwork
        On the CPU, in training mode, float32.

    Raises
    ------
    ModelError
        The family is unknown, or its arguments are unknown, missing or out of range; all are listed.
    """
    maker = FAMILIES.get(family)
    if maker is None:
        near = get_close_matches(family, FAMILIES, n=1)
        raise ModelError(
            f"Model family {family!r} is unknown.",
            f"Did you mean {near[0]!r}?" if near else f"Use one of {', '.join(sorted(FAMILIES))}.",
        )
    try:
        return maker(architecture)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}" for entry in error.errors()
        )
        raise ModelError(
            f"The architecture of a {family} model is not valid ({found}).",
            "Take the card that belongs to the weights.",
        ) from None
