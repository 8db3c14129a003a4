"""The Qt binding in use keeps what Python needs to live."""

from __future__ import annotations

import sys

import pytest
from qtpy.QtWidgets import QApplication


@pytest.mark.usefixtures("qtbot")
def test_calls_that_return_nothing_take_no_reference_from_none() -> None:
    """Qt for Python 6.12.0 loses one per call on Python 3.11, which ends the process after minutes."""
    before = sys.getrefcount(None)
    for _ in range(2000):
        QApplication.processEvents()
    assert sys.getrefcount(None) - before > -1000
