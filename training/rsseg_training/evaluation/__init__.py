"""Figures of a trained model on labelled sets."""

from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.evaluation.scoring import ChipLogits, Reading, confusions_of, evaluation_of
from rsseg_training.evaluation.views import View, read_labels_as, reading_of

__all__ = [
    "ChipLogits",
    "ChipPredictor",
    "Reading",
    "View",
    "confusions_of",
    "evaluation_of",
    "read_labels_as",
    "reading_of",
]
