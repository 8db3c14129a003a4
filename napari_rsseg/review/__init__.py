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
from napari_rsseg.review.learning import WindowTraits, expected_errors
from napari_rsseg.review.misses import CellLabels, cell_labels, miss_scores
from napari_rsseg.review.predictions import (
    newest_prediction,
    reviewed_labels,
    stored_predictions,
    wrong_shares,
)
from napari_rsseg.review.preparing import QueueMaker, fill_queue, grid_windows
from napari_rsseg.review.queue import Event, Filter, QueueEntry, ReviewQueue
from napari_rsseg.review.ranking import NEEDS_FEATURES, rank_windows
from napari_rsseg.review.sampling import SamplePoint, allocate, count_classes, draw_points, window_around
from napari_rsseg.review.states import DONE, ORDER_WORDS, STATE_COLOURS, Order, State
from napari_rsseg.review.survey import SurveyedWindow, traits_of
from napari_rsseg.review.surveying import LooksAt, survey_windows

__all__ = [
    "DONE",
    "NEEDS_FEATURES",
    "ORDER_WORDS",
    "STATE_COLOURS",
    "AreaEstimate",
    "CellLabels",
    "Event",
    "Filter",
    "LooksAt",
    "Order",
    "PairAgreement",
    "QueueEntry",
    "QueueMaker",
    "ReviewQueue",
    "SamplePoint",
    "Share",
    "State",
    "SurveyedWindow",
    "WindowEvidence",
    "WindowTraits",
    "agreement_of",
    "allocate",
    "cell_labels",
    "count_classes",
    "disagreement",
    "draw_points",
    "estimate_areas",
    "evidence_of",
    "expected_errors",
    "farthest_first",
    "fill_queue",
    "fleiss_kappa",
    "grid_windows",
    "measure_window",
    "miss_scores",
    "newest_prediction",
    "pair_agreement",
    "rank_windows",
    "reviewed_labels",
    "standardised",
    "stored_predictions",
    "survey_windows",
    "traits_of",
    "votes_of",
    "window_around",
    "wrong_shares",
]
