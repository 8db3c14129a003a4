"""Which pixels an annotator's copy may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.project.parts import WritableArea, annotators_of, part_name, writable_area
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from napari_rsseg.project import Project

edges = st.tuples(st.integers(-100, 700), st.integers(-100, 700)).map(sorted)


@given(rows=edges, columns=edges, cells=st.frozensets(st.tuples(st.integers(0, 5), st.integers(0, 5))))
def test_the_mask_of_a_window_is_the_part_of_its_cells(
    rows: list[int], columns: list[int], cells: frozenset[tuple[int, int]]
) -> None:
    window = Window(rows[0], rows[1], columns[0], columns[1])
    expected = np.zeros((1000, 1000), np.bool_)  # from -200 on
    for row, column in cells:
        expected[200 + row * 100 : 300 + row * 100, 200 + column * 100 : 300 + column * 100] = True
    found = WritableArea(100, cells).mask(window)
    np.testing.assert_array_equal(found, expected[window.shifted(200, 200).slices])


def test_a_copy_changes_the_windows_of_its_annotator_alone(project: Project) -> None:
    project.update_settings(is_part=True, window_px=128)
    entry = project.scenes()[0]
    with project.catalogue.transaction() as connection:
        connection.executemany(
            "INSERT INTO windows (scene, row_start, row_stop, column_start, column_stop, assigned_to) "
            "VALUES (?, 0, 128, ?, ?, ?)",
            [(entry.id, 0, 128, "ada"), (entry.id, 128, 256, "bob")],
        )
    area = writable_area(project, entry.id)
    assert area == WritableArea(128, frozenset({(0, 0)}))
    session, _ = open_session(project, entry)
    change = session.apply(Operation("brush", Window(0, 10, 120, 140), np.ones((10, 20), np.bool_), 1))
    assert change is not None
    assert change.pixels == 80, "the part in the other's window stays as it is"
    with pytest.raises(ProjectError, match="assigned to other annotators"):
        session.apply(Operation("brush", Window(0, 10, 130, 140), np.ones((10, 10), np.bool_), 1))
    assert session.undo_count == 1
    session.close()


def test_names_of_annotators_are_read_from_a_window_and_written_to_files() -> None:
    assert annotators_of(None) == ()
    assert annotators_of("ada,bob") == ("ada", "bob")
    assert part_name("Dr. Ada L.") == "dr-ada-l"
