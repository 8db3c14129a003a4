"""Which window to look at next, and why; who said what about it, and how good the map is then."""

from __future__ import annotations

from napari_rsseg.review.agreement import (
    PairAgreement,
    agreement_of,
    disagreement,
    fleiss_kappa,
    pair_agreement,
    votes_of,
)
from napari_rsseg.review.areas import AreaEstimate, Share, estimate_areas
from napari_rsseg.review.diversity import farthest_first, standardised
from napari_rsseg.review.evidence import WindowEvidence, evidence_of, measure_window
from napari_rsseg.review.misses import CellLabels, cell_labels, miss_scores
from napari_rsseg.review.queue import Event, Filter, QueueEntry, ReviewQueue
from napari_rsseg.review.sampling import SamplePoint, allocate, count_classes, draw_points, window_around
from napari_rsseg.review.states import DONE, ORDER_WORDS, STATE_COLOURS, Order, State

__all__ = [
    "DONE",
    "ORDER_WORDS",
    "STATE_COLOURS",
    "AreaEstimate",
    "CellLabels",
    "Event",
    "Filter",
    "Order",
    "PairAgreement",
    "QueueEntry",
    "ReviewQueue",
    "SamplePoint",
    "Share",
    "State",
    "WindowEvidence",
    "agreement_of",
    "allocate",
    "cell_labels",
    "count_classes",
    "disagreement",
    "draw_points",
    "estimate_areas",
    "evidence_of",
    "farthest_first",
    "fleiss_kappa",
    "measure_window",
    "miss_scores",
    "pair_agreement",
    "standardised",
    "votes_of",
    "window_around",
]
