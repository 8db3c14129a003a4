"""A frozen vision transformer whose features the student learns to imitate; needed in training only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.layers.timm_parts import VisionTransformer, create_model
from napari_rsseg.models.light import KtdaLight
from napari_rsseg.settings import cache_folder, weights_folder
from rsseg_training.objectives.knowledge_transfer import knowledge_transfer

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe

__all__ = ["Transfer", "find_transfer"]

logger = logging.getLogger(__name__)

_LEVELS = (2, 3, 4)  # strides 8, 16, 32: finer than a patch's context a transformer has nothing to say
_MEAN = (0.485, 0.456, 0.406)  # of ImageNet, what published transformers were trained with
_STD = (0.229, 0.224, 0.225)


@dataclass
class Transfer:
    """The knowledge-transfer term.

    Parameters
    ----------
    name : str
        File of the teacher.
    teacher : nn.Module
        timm's vision transformer, frozen.
    projections : nn.ModuleList
        1x1 convolutions from the student's width to the teacher's; trained, then thrown away.
    recipe : Recipe
        Normalisation, weight and share of the parts.
    """

    name: str
    teacher: VisionTransformer
    projections: nn.ModuleList
    recipe: Recipe

    def __call__(self, network: SegmentationNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, K, H, W) of normalised images and the weighted term."""
        assert isinstance(network, KtdaLight)
        aligned = network.aligned(images)
        student = [project(aligned[level]) for project, level in zip(self.projections, _LEVELS, strict=True)]
        teacher = [
            functional.interpolate(tokens, size=level.shape[-2:], mode="bilinear", align_corners=False)
            for tokens, level in zip(self._tokens(images), student, strict=True)
        ]
        options = self.recipe.transfer
        terms = knowledge_transfer(student, teacher, alpha=options.alpha, axis="channels")
        return network.decode(aligned, images.shape[-2:]), options.weight * terms.loss

    @torch.no_grad()
    def _tokens(self, images: Tensor) -> list[Tensor]:
        """Return the teacher's features of three depths, (B, D, h, w), normalised over channels."""
        own = [torch.tensor(values, device=images.device).view(1, 3, 1, 1) for values in (_MEAN, _STD)]
        mine = [
            torch.tensor(v, device=images.device).view(1, 3, 1, 1)
            for v in (self.recipe.mean, self.recipe.std)
        ]
        seen = (images * mine[1] + mine[0] - own[0]) / own[1]
        patch = self.teacher.patch_embed.patch_size[0]
        side = max(patch, round(images.shape[-1] / patch) * patch)
        seen = functional.interpolate(seen, size=(side, side), mode="bilinear", align_corners=False)
        depth = len(self.teacher.blocks)
        taken = [depth * part // len(_LEVELS) - 1 for part in range(1, len(_LEVELS) + 1)]
        found = self.teacher.get_intermediate_layers(seen, n=taken, reshape=True)
        return [functional.layer_norm(f.movedim(1, -1), f.shape[1:2]).movedim(-1, 1) for f in found]


def find_transfer(recipe: Recipe, network: SegmentationNetwork) -> Transfer | None:
    """Return the term with the first teacher found, None where there is none or the network cannot use one.

    A teacher is a safetensors file named after timm's model: ``vit_small_patch14_dinov2.safetensors``.
    """
    if recipe.transfer.teacher == "none" or not recipe.transfer.weight or not isinstance(network, KtdaLight):
        return None
    for folder in (weights_folder(), cache_folder() / "weights"):
        for path in sorted(folder.glob("vit_*.safetensors")) if folder.is_dir() else ():
            teacher = _teacher(path)
            width = network.architecture.width
            with torch.random.fork_rng(devices=()):
                torch.manual_seed(recipe.seed)
                projections = nn.ModuleList(nn.Conv2d(width, teacher.embed_dim, 1) for _ in _LEVELS)
            return Transfer(path.name, teacher, projections, recipe)
    logger.info("no teacher in %s or the cache: the knowledge-transfer terms are off", weights_folder())
    return None


def _teacher(path: Path) -> VisionTransformer:
    from safetensors.torch import load_file

    name = path.name.removesuffix(".safetensors").removesuffix("_fp16")
    teacher = create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)
    tensors = {key: tensor.float() for key, tensor in load_file(path).items() if not key.startswith("head.")}
    teacher.load_state_dict(tensors)
    assert isinstance(teacher, VisionTransformer)
    teacher.requires_grad_(False).eval()
    return teacher
