"""ST-DASegNet's published optimisers, one per part, and its learning rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from napari_rsseg.checkpoints import st_dasegnet_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn
    from torch.optim import Optimizer

    from napari_rsseg.models.st_dasegnet import AdaptationParts, StDasegnet

__all__ = [
    "DEEPLAB_OPTIMIZERS",
    "SEGFORMER_OPTIMIZERS",
    "NameRule",
    "OptimizerWords",
    "PolynomialRate",
    "make_optimizers",
]

Positive = Annotated[float, Field(ge=0)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NameRule(_Words):
    """Factors on learning rate and decay of the parameters whose name contains the rule's word."""

    lr_mult: Positive = 1.0
    decay_mult: Positive = 1.0


class NameRules(_Words):
    """Rules by word; of several that fit, the longest word wins."""

    custom_keys: dict[str, NameRule] = {}


class OptimizerWords(_Words):
    """An optimiser of one part, in the words of the published configurations.

    Attributes
    ----------
    type : {"AdamW", "Adam", "SGD"}
        Class of torch.
    lr, weight_decay : float
        Base values.
    betas : pair of float
        Of the first two.
    momentum : float
        Of the last.
    paramwise_cfg : NameRules
        Looked up in published names inside the part, so that a rule for ``head`` never fits, and of the norms
        only those so called: batch norms and the norms at the ends of stages do decay.
    """

    type: Literal["AdamW", "Adam", "SGD"] = "AdamW"
    lr: Positive
    weight_decay: Positive = 0.0
    betas: tuple[Positive, Positive] = (0.9, 0.999)
    momentum: Positive = 0.0
    paramwise_cfg: NameRules = NameRules()


_STUDENTS = ("backbone_s", "backbone_t", "decode_head_s", "decode_head_t")
_SEGFORMER_RULES = NameRules(
    custom_keys={
        "head": NameRule(lr_mult=10),
        "norm": NameRule(decay_mult=0),
        "pos_block": NameRule(decay_mult=0),
    }
)
_DISCRIMINATORS = ("discriminator_s", "discriminator_t")

SEGFORMER_OPTIMIZERS: dict[str, OptimizerWords] = {
    **{
        name: OptimizerWords(lr=6e-5, weight_decay=0.01, paramwise_cfg=_SEGFORMER_RULES) for name in _STUDENTS
    },
    "dsk_neck": OptimizerWords(lr=6e-5, weight_decay=0.01),
    **{name: OptimizerWords(type="Adam", lr=1e-5, betas=(0.9, 0.99)) for name in _DISCRIMINATORS},
}
"""Of the published SegFormer configurations."""

DEEPLAB_OPTIMIZERS: dict[str, OptimizerWords] = {
    **{
        name: OptimizerWords(type="SGD", lr=2e-3 if "head" in name else 1e-3, weight_decay=5e-4, momentum=0.9)
        for name in (*_STUDENTS, "dsk_neck")
    },
    **{name: OptimizerWords(type="Adam", lr=2.5e-4, betas=(0.9, 0.99)) for name in _DISCRIMINATORS},
}
"""Of the published DeepLabV3+ configurations."""


@dataclass(frozen=True)
class PolynomialRate:
    """The published decay of every learning rate, the discriminators' too.

    Attributes
    ----------
    iterations : int
        Length of the training.
    power, least : float
        Exponent, and rate at the end: 1 and 0 for SegFormer, 0.9 and 1e-5 for DeepLabV3+.
    warm_up : int
        Iterations over which the rate rises from a millionth: 800 for SegFormer, 0 for DeepLabV3+.
    """

    iterations: int = 40_000
    power: float = 1.0
    least: float = 0.0
    warm_up: int = 800

    def __call__(self, iteration: int, initial: float) -> float:
        """Return the rate of an iteration, counted from 0, of a group that starts at ``initial``."""
        rest = math.pow(1 - iteration / self.iterations, self.power)
        rate = (initial - self.least) * rest + self.least
        if iteration < self.warm_up:
            rate *= 1 - (1 - iteration / self.warm_up) * (1 - 1e-6)
        return rate


def make_optimizers(
    network: StDasegnet, parts: AdaptationParts, words: Mapping[str, OptimizerWords]
) -> dict[str, Optimizer]:
    """Make an optimiser for each part that is named.

    Parameters
    ----------
    network, parts
        What trains; teachers do not.
    words : mapping of OptimizerWords
        By name of the part: `SEGFORMER_OPTIMIZERS`, `DEEPLAB_OPTIMIZERS`, or others.
    """
    return {
        name: _optimizer((parts if name in _DISCRIMINATORS else network).get_submodule(name), name, word)
        for name, word in words.items()
    }


def _optimizer(part: nn.Module, name: str, words: OptimizerWords) -> Optimizer:
    groups = []
    for key, value in part.named_parameters():
        rule = _rule(st_dasegnet_key(f"{name}.{key}").partition(".")[2], words.paramwise_cfg)
        decay = words.weight_decay * rule.decay_mult
        groups.append({"params": [value], "lr": words.lr * rule.lr_mult, "weight_decay": decay})
    if words.type == "SGD":
        return torch.optim.SGD(groups, lr=words.lr, momentum=words.momentum)
    kind = torch.optim.AdamW if words.type == "AdamW" else torch.optim.Adam
    return kind(groups, lr=words.lr, betas=words.betas)


def _rule(published_key: str, rules: NameRules) -> NameRule:
    fitting = [word for word in rules.custom_keys if word in published_key]
    return rules.custom_keys[max(fitting, key=len)] if fitting else NameRule()
