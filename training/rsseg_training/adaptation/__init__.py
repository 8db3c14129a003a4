"""From labelled images of one domain to unlabelled ones of another."""

from __future__ import annotations

from rsseg_training.adaptation.pairs import DomainBatch, DomainPairs, without_labels
from rsseg_training.adaptation.stepper import AdaptationStepper
from rsseg_training.adaptation.views import source_view, target_view

__all__ = [
    "AdaptationStepper",
    "DomainBatch",
    "DomainPairs",
    "source_view",
    "target_view",
    "without_labels",
]
