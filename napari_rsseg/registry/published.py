"""Models of the papers at full size, whose weights are not ours to ship."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import builtin_scheme
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from napari_rsseg.registry.card import Family

__all__ = ["KTDA_REPOSITORY", "PUBLISHED_MODELS", "PublishedModel", "imagenet_values", "published_model"]


@dataclass(frozen=True)
class PublishedModel:
    """A model that its authors publish, and how its weights come to this machine.

    Attributes
    ----------
    name, title : str
        Key and line for lists; an installed card of the same name takes its place.
    family, task : str
        Network family, and the scheme it predicts.
    files : str
        What the authors' weight files are called.
    origin : str
        Address where the authors offer them.
    terms : str
        What is known of the licence.
    architecture : mapping
        Arguments of the network, as in a card.
    tile_px : int
        Side of the tile it was trained for, in pixels.
    expects : str
        Values of its input, as in a card; the mean and deviation are ImageNet's.
    gsd_m : (float, float) or None
        Ground sampling distances it was trained for.
    """

    name: str
    title: str
    family: Family
    task: str
    files: str
    origin: str
    terms: str
    architecture: Mapping[str, JsonValue] = field(default_factory=dict)
    tile_px: int = 1024
    expects: str = "display"
    gsd_m: tuple[float, float] | None = None

    @property
    def weights_path(self) -> Path:
        """Where the weights are expected on this machine, with the card beside them."""
        return user_models_folder() / f"{self.name}.safetensors"

    @property
    def missing(self) -> str:
        """Which weights are missing, in one sentence."""
        return f"{self.title} has no weights on this machine ({self.weights_path} does not exist)."

    @property
    def remedy(self) -> str:
        """Where to get the weights and where to put them."""
        return (
            f"Get {self.files} from {self.origin} ({self.terms}) and run: "
            f"napari-rsseg models import FILE --as {self.name}"
        )

    def card_values(self) -> dict[str, JsonValue]:
        """Return the values of the card that imported weights get, without their digest."""
        low, high = self.gsd_m or (None, None)
        return {
            "name": self.name,
            "title": self.title,
            "family": self.family,
            "architecture": dict(self.architecture),
            "scheme": builtin_scheme(self.task).model_dump(mode="json"),
            "bands": ["red", "green", "blue"],
            "input_values": imagenet_values(self.expects),
            "tile_px": self.tile_px,
            "gsd_min_m": low,
            "gsd_max_m": high,
            "licence": self.terms,
            "training_data": [f"By its authors, see {self.origin}."],
            "notes": f"Imported from {self.files} of {self.origin}; not measured here.",
        }


def imagenet_values(expects: str) -> dict[str, JsonValue]:
    """Return a card's values of the input, with ImageNet's mean and deviation for values of 0 to 1."""
    return {"expects": expects, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


KTDA_REPOSITORY = "XavierJiezou/ktda-models"
"""Of Hugging Face, where KTDA's authors offer their weights."""
_KTDA_ORIGIN = f"https://huggingface.co/{KTDA_REPOSITORY}"
_KTDA_TERMS = "the authors state no licence in their repository: ask them before passing weights on"
_TLS_ORIGIN = "https://github.com/JunchuanYu/TransLandSeg"
_TLS_TERMS = "the authors state no licence: ask them before passing weights on"

PUBLISHED_MODELS: tuple[PublishedModel, ...] = (
    PublishedModel(
        name="ktda-grass",
        title="KTDA, full size, grass cover",
        family="ktda",
        task="grass",
        files="the best_mIoU_iter_*.pth file of grass",
        origin=_KTDA_ORIGIN,
        terms=_KTDA_TERMS,
        architecture={"decode_head": {"num_classes": 5}, "fam": {"output_size": 19}},
        tile_px=256,
    ),
    PublishedModel(
        name="ktda-cloud",
        title="KTDA, full size, clouds",
        family="ktda",
        task="cloud",
        files="the best_mIoU_iter_*.pth file of l8_biome",
        origin=_KTDA_ORIGIN,
        terms=_KTDA_TERMS,
        architecture={"decode_head": {"num_classes": 4}, "fam": {"output_size": 37}},
        tile_px=512,
        expects="tile-minmax",
        gsd_m=(15, 60),
    ),
    PublishedModel(
        name="translandseg-bijie",
        title="TransLandSeg ViT-L, landslides of Bijie",
        family="translandseg",
        task="landslide",
        files="Bijie.pth.tar",
        origin=_TLS_ORIGIN,
        terms=_TLS_TERMS,
        gsd_m=(0.1, 3),
    ),
    PublishedModel(
        name="translandseg-landslide4sense",
        title="TransLandSeg ViT-L, Landslide4Sense",
        family="translandseg",
        task="landslide",
        files="Landslide4Sense.pth.tar",
        origin=_TLS_ORIGIN,
        terms=_TLS_TERMS,
        gsd_m=(5, 20),
    ),
)


def published_model(name: str) -> PublishedModel | None:
    """Return the published model of that name, None where there is none."""
    return next((model for model in PUBLISHED_MODELS if model.name == name), None)
