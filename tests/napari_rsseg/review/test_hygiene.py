from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.review import SessionGround, duplicate_findings, find_faults, fix
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from napari_rsseg.editing import Session
    from napari_rsseg.project import Project

WHOLE = Window(0, 64, 0, 64)


class GroundWithGap(SessionGround):
    """Nothing was measured in the lower rows."""

    def valid(self, window: Window) -> npt.NDArray[np.bool_]:
        rows = np.arange(window.row_start, window.row_stop)
        return np.repeat((rows < 40)[:, None], window.width, axis=1)


@pytest.fixture
def session(project: Project) -> Iterator[Session]:
    session, _ = open_session(project, project.scenes()[0])
    labels = np.zeros((64, 64), dtype=np.uint8)
    labels[10:30, 10:30] = 1
    labels[15:17, 15:17] = 255  # a hole
    labels[35, 50] = 1  # a speck
    labels[20:26, 20:26] = 255  # too large for a hole
    session.apply(Operation("draw", WHOLE, np.ones((64, 64), dtype=bool), labels))
    yield session
    session.close()


def test_holes_and_specks_are_found_and_mended_in_one_step_each(session: Session) -> None:
    ground = SessionGround(session)
    found = {finding.kind: finding for finding in find_faults(ground, WHOLE, least_px=16)}
    assert set(found) == {"hole", "specks"}
    assert found["hole"].pixels == 4
    assert found["specks"].pixels == 1
    steps = session.undo_count
    for finding in found.values():
        operation = fix(finding, ground, least_px=16)
        assert operation is not None
        session.apply(operation)
    assert session.undo_count == steps + 2
    after = session.labels.labels(WHOLE)
    assert (after[15:17, 15:17] == 1).all()
    assert after[35, 50] == 0
    assert (after[20:26, 20:26] == 255).all()
    assert find_faults(ground, WHOLE, least_px=16) == []


def test_labels_on_and_beside_pixels_without_data_are_no_longer_counted(session: Session) -> None:
    ground = GroundWithGap(session)
    (finding,) = (each for each in find_faults(ground, WHOLE, least_px=2) if each.kind == "nodata edge")
    operation = fix(finding, ground, least_px=2)
    assert operation is not None
    session.apply(operation)
    after = session.labels.labels(WHOLE)
    assert (after[38:] == 255).all()
    assert (after[37] == 0).all()


def test_the_second_of_two_windows_that_show_the_same_is_left_out(session: Session) -> None:
    first, second = WHOLE, Window(64, 128, 0, 64)
    (finding,) = duplicate_findings([(first, second)])
    assert "0:64,0:64" in finding.words
    ground = SessionGround(session)
    operation = fix(finding, ground, least_px=16)
    assert operation is not None
    session.apply(operation)
    assert (session.labels.labels(second) == 255).all()
    assert fix(finding, ground, least_px=16) is None
