"""Corrections as operations: journalled before they count, undone in scene coordinates."""

from __future__ import annotations

from napari_rsseg.editing.journal import Journal
from napari_rsseg.editing.journal_reading import Damage, check_journal, read_journal
from napari_rsseg.editing.label_arrays import LabelArrays
from napari_rsseg.editing.opening import Restored, open_session, reach_of, rebuild
from napari_rsseg.editing.operation import Operation
from napari_rsseg.editing.record import Kind, Record
from napari_rsseg.editing.session import Change, Session

__all__ = [
    "Change",
    "Damage",
    "Journal",
    "Kind",
    "LabelArrays",
    "Operation",
    "Record",
    "Restored",
    "Session",
    "check_journal",
    "open_session",
    "reach_of",
    "read_journal",
    "rebuild",
]
