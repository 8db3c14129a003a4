"""Models of the papers at full size, whose weights are not ours to ship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PUBLISHED_MODELS", "PublishedModel", "published_model"]


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
    """

    name: str
    title: str
    family: str
    task: str
    files: str
    origin: str
    terms: str

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
            f"Get {self.files} from {self.origin} ({self.terms}) and import it; "
            f"weights and card then lie in {self.weights_path.parent}."
        )


_KTDA_ORIGIN = "https://huggingface.co/XavierJiezou/ktda-models"
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
    ),
    PublishedModel(
        name="ktda-cloud",
        title="KTDA, full size, clouds",
        family="ktda",
        task="cloud",
        files="the best_mIoU_iter_*.pth file of l8_biome",
        origin=_KTDA_ORIGIN,
        terms=_KTDA_TERMS,
    ),
    PublishedModel(
        name="translandseg-bijie",
        title="TransLandSeg ViT-L, landslides of Bijie",
        family="translandseg",
        task="landslide",
        files="Bijie.pth.tar",
        origin=_TLS_ORIGIN,
        terms=_TLS_TERMS,
    ),
    PublishedModel(
        name="translandseg-landslide4sense",
        title="TransLandSeg ViT-L, Landslide4Sense",
        family="translandseg",
        task="landslide",
        files="Landslide4Sense.pth.tar",
        origin=_TLS_ORIGIN,
        terms=_TLS_TERMS,
    ),
)


def published_model(name: str) -> PublishedModel | None:
    """Return the published model of that name, None where there is none."""
    return next((model for model in PUBLISHED_MODELS if model.name == name), None)
