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
from napari_rsseg.review.blind_sample import SampleResult, draw_blind_sample, evaluate_sample
from napari_rsseg.review.comparing import Comparison, SharedWindow, compare_projects, labels_of, score_against
from napari_rsseg.review.deciding import accept_window, adjudicate, hide_prediction
from napari_rsseg.review.diversity import farthest_first, standardised
from napari_rsseg.review.error_kinds import ErrorKinds, error_kinds
from napari_rsseg.review.evidence import WindowEvidence, evidence_of, measure_window
from napari_rsseg.review.ground import SessionGround
from napari_rsseg.review.hygiene import Finding, duplicate_findings, find_faults, fix
from napari_rsseg.review.learning import WindowTraits, expected_errors
from napari_rsseg.review.map_figure import write_map
from napari_rsseg.review.misses import CellLabels, cell_labels, miss_scores
from napari_rsseg.review.pictures import overlaid, window_picture
from napari_rsseg.review.predictions import (
    newest_prediction,
    reviewed_labels,
    stored_predictions,
    wrong_shares,
)
from napari_rsseg.review.preparing import QueueMaker, fill_queue, grid_windows
from napari_rsseg.review.queue import Event, Filter, QueueEntry, ReviewQueue
from napari_rsseg.review.ranking import NEEDS_FEATURES, rank_windows
from napari_rsseg.review.report import ReportData, SceneReport, gather_report
from napari_rsseg.review.report_page import report_html, report_tables, write_tables
from napari_rsseg.review.report_writing import write_report
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
    "Comparison",
    "ErrorKinds",
    "Event",
    "Filter",
    "Finding",
    "LooksAt",
    "Order",
    "PairAgreement",
    "QueueEntry",
    "QueueMaker",
    "ReportData",
    "ReviewQueue",
    "SamplePoint",
    "SampleResult",
    "SceneReport",
    "SessionGround",
    "Share",
    "SharedWindow",
    "State",
    "SurveyedWindow",
    "WindowEvidence",
    "WindowTraits",
    "accept_window",
    "adjudicate",
    "agreement_of",
    "allocate",
    "cell_labels",
    "compare_projects",
    "count_classes",
    "disagreement",
    "draw_blind_sample",
    "draw_points",
    "duplicate_findings",
    "error_kinds",
    "estimate_areas",
    "evaluate_sample",
    "evidence_of",
    "expected_errors",
    "farthest_first",
    "fill_queue",
    "find_faults",
    "fix",
    "fleiss_kappa",
    "gather_report",
    "grid_windows",
    "hide_prediction",
    "labels_of",
    "measure_window",
    "miss_scores",
    "newest_prediction",
    "overlaid",
    "pair_agreement",
    "rank_windows",
    "report_html",
    "report_tables",
    "reviewed_labels",
    "score_against",
    "standardised",
    "stored_predictions",
    "survey_windows",
    "traits_of",
    "votes_of",
    "window_around",
    "window_picture",
    "write_map",
    "write_report",
    "write_tables",
    "wrong_shares",
]
