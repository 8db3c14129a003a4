"""A file per loss."""

from rsseg_training.objectives.balanced_bce import balanced_bce
from rsseg_training.objectives.cross_entropy import cross_entropy, pixel_accuracy
from rsseg_training.objectives.knowledge_transfer import TransferTerms, knowledge_transfer
from rsseg_training.objectives.ktda import ktda_losses
from rsseg_training.objectives.soft_iou import soft_iou
from rsseg_training.objectives.supervised import SupervisedObjective
from rsseg_training.objectives.translandseg import translandseg_loss

__all__ = [
    "SupervisedObjective",
    "TransferTerms",
    "balanced_bce",
    "cross_entropy",
    "knowledge_transfer",
    "ktda_losses",
    "pixel_accuracy",
    "soft_iou",
    "translandseg_loss",
]
