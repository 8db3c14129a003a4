"""From the words of a model card to a network."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from napari_rsseg.errors import ModelError
from napari_rsseg.models.network import SegmentationNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.metadata import EntryPoint

    from pydantic import JsonValue

    Maker = Callable[[Mapping[str, JsonValue]], SegmentationNetwork]

__all__ = ["ENTRY_POINTS", "FAMILIES", "build", "known_families", "load_added"]

ENTRY_POINTS = "napari_rsseg.models"
"""Entry-point group of other packages: a family's name with its maker, or a backbone's with its module."""


def _ktda(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.ktda import Ktda, KtdaArchitecture

    return Ktda(KtdaArchitecture.model_validate(architecture))


def _st_dasegnet(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.st_dasegnet import StDasegnet, StDasegnetArchitecture

    return StDasegnet(StDasegnetArchitecture.model_validate(architecture))


def _translandseg(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.translandseg import TransLandSeg, TransLandSegArchitecture

    return TransLandSeg(TransLandSegArchitecture.model_validate(architecture))


def _translandseg_t(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.translandseg import TransLandSegT, TransLandSegTArchitecture

    return TransLandSegT(TransLandSegTArchitecture.model_validate(architecture))


def _atl_light(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.light import AtlLight, AtlLightArchitecture

    return AtlLight(AtlLightArchitecture.model_validate(architecture))


def _ktda_light(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.light import KtdaLight, KtdaLightArchitecture

    return KtdaLight(KtdaLightArchitecture.model_validate(architecture))


def _unet(architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    from napari_rsseg.models.light import UNet, UNetArchitecture

    return UNet(UNetArchitecture.model_validate(architecture))


FAMILIES: dict[str, Maker] = {
    "atl-light": _atl_light,
    "ktda": _ktda,
    "ktda-light": _ktda_light,
    "stdasegnet": _st_dasegnet,
    "unet": _unet,
    "translandseg": _translandseg,
    "translandseg-t": _translandseg_t,
}
"""Makers of networks by family; each imports its own libraries when it is first asked."""


def known_families() -> tuple[str, ...]:
    """Return the names of all families: of this package, and of the others that add some, sorted."""
    added = (entry.name for entry in entry_points(group=ENTRY_POINTS) if entry.attr)  # a backbone has none
    return tuple(sorted({*FAMILIES, *added}))


def build(family: str, architecture: Mapping[str, JsonValue]) -> SegmentationNetwork:
    """Make a network with initial weights.

    Parameters
    ----------
    family : str
        One of `known_families`, as in a card's ``family``. A name of this package is never another's.
    architecture : mapping
        The family's arguments, JSON values only, as in a card's ``architecture``.

    Returns
    -------
    SegmentationNetwork
        On the CPU, in training mode, float32.

    Raises
    ------
    ModelError
        The family is unknown; its arguments are unknown, missing or out of range, all of which are listed;
        or the package that adds the family does not load or makes something else.
    """
    try:
        network = _maker(family)(architecture)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}" for entry in error.errors()
        )
        raise ModelError(
            f"The architecture of a {family} model is not valid ({found}).",
            "Take the card that belongs to the weights.",
        ) from None
    if not isinstance(network, SegmentationNetwork):
        raise ModelError(
            f"Model family {family!r} makes a {type(network).__name__}, which is no SegmentationNetwork.",
            "Report it to those who make the package that adds the family.",
        )
    return network


def _maker(family: str) -> Maker:
    if family in FAMILIES:
        return FAMILIES[family]
    for added in entry_points(group=ENTRY_POINTS, name=family):
        if added.attr:
            return cast("Maker", load_added(added))
    near = get_close_matches(family, known_families(), n=1)
    raise ModelError(
        f"Model family {family!r} is unknown.",
        f"Did you mean {near[0]!r}?" if near else f"Use one of {', '.join(known_families())}.",
    )


def load_added(added: EntryPoint) -> object:
    """Load what another package adds.

    Raises
    ------
    ModelError
        It cannot be imported, or is not where its package says.
    """
    try:
        return added.load()
    except (ImportError, AttributeError) as error:
        package = added.dist.name if added.dist is not None else added.module
        raise ModelError(
            f"{added.name!r} of package {package} cannot be loaded ({error}).",
            f"Install {package} again with all that it depends on.",
        ) from None
