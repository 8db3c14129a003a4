"""A file per loss."""

from rsseg_training.objectives.balanced_bce import balanced_bce
from rsseg_training.objectives.cross_entropy import cross_entropy, pixel_accuracy
from rsseg_training.objectives.knowledge_transfer import TransferTerms, knowledge_transfer
from rsseg_training.objectives.ktda import ktda_losses
from rsseg_training.objectives.pseudo_labels import PseudoLabels, pseudo_labels
from rsseg_training.objectives.soft_iou import soft_iou
from rsseg_training.objectives.st_dasegnet import generator_terms
from rsseg_training.objectives.st_dasegnet_optimizers import (
    DEEPLAB_OPTIMIZERS,
    SEGFORMER_OPTIMIZERS,
    OptimizerWords,
    PolynomialRate,
    make_optimizers,
)
from rsseg_training.objectives.st_dasegnet_training import Iteration, StDasegnetTraining
from rsseg_training.objectives.supervised import SupervisedObjective
from rsseg_training.objectives.translandseg import translandseg_loss

__all__ = [
    "DEEPLAB_OPTIMIZERS",
    "SEGFORMER_OPTIMIZERS",
    "Iteration",
    "OptimizerWords",
    "PolynomialRate",
    "PseudoLabels",
    "StDasegnetTraining",
    "SupervisedObjective",
    "TransferTerms",
    "balanced_bce",
    "cross_entropy",
    "generator_terms",
    "knowledge_transfer",
    "ktda_losses",
    "make_optimizers",
    "pixel_accuracy",
    "pseudo_labels",
    "soft_iou",
    "translandseg_loss",
]
