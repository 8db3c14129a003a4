"""What napari paints becomes a step of the session, and the session's changes are what the layer shows."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.layers import Labels

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.editing import Kind, Operation, Record, read_journal
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.edit_layer import EditLayer
from napari_rsseg.viewer.strokes import operation_of
from tests.label_bench import labelling_in

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = Window(100, 164, 200, 264)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def edit(tmp_path: Path, told: list[str]) -> EditLayer:
    labelling = labelling_in(tmp_path, CLOUD, 300, 300)
    return EditLayer(Labels(labelling.read_labels(WINDOW)), labelling, WINDOW, told.append)


def shown(edit: EditLayer) -> bool:
    return bool((edit.layer.data == edit.labelling.read_labels(edit.window)).all())


def test_a_stroke_of_many_dabs_is_one_step_in_pixels_of_the_scene(edit: EditLayer, tmp_path: Path) -> None:
    edit.layer.mode, edit.layer.brush_size = "paint", 5
    with edit.layer.block_history():
        for column in range(5, 40, 2):
            edit.layer.paint((10, column), 2)
    (record,) = (found for found in read_journal(tmp_path / "journal.bin") if isinstance(found, Record))
    assert (record.kind, record.tool, record.class_id) == (Kind.STEP, "brush", 2)
    assert record.window == Window(108, 113, 203, 242)
    assert shown(edit)


def test_a_list_of_pixels_with_values_of_their_own_is_a_step_too(edit: EditLayer) -> None:
    rows, columns = np.array([3, 3, 9]), np.array([1, 4, 2])
    edit.layer.data_setitem((rows, columns), np.array([1, 2, 3], np.uint8))
    assert shown(edit)
    assert edit.labelling.read_labels(WINDOW)[rows, columns].tolist() == [1, 2, 3]
    edit.layer.data_setitem((rows, columns), 0)
    assert edit.labelling.read_labels(WINDOW)[rows, columns].tolist() == [0, 0, 0]
    assert edit.labelling.session.undo_count == 2


def test_undo_and_redo_are_the_sessions_and_napari_holds_no_history(edit: EditLayer, told: list[str]) -> None:
    edit.layer.paint((10, 10), 1)
    edit.layer.fill((50, 50), 3)
    assert len(edit.layer._undo_history) == 0
    edit.layer.undo()
    assert shown(edit)
    assert (edit.layer.data == 1).sum() + (edit.layer.data == 255).sum() == 64 * 64
    edit.layer.undo()
    assert (edit.layer.data == 255).all()
    edit.layer.undo()
    edit.layer.redo()
    edit.layer.redo()
    edit.layer.redo()
    assert (edit.layer.data == 3).any()
    assert told == ["Nothing to undo.", "Nothing to redo."]


def test_a_stroke_that_cannot_be_journalled_is_taken_off_the_screen_and_told(
    edit: EditLayer, told: list[str]
) -> None:
    edit.layer.paint((10, 10), 1)
    edit.labelling.session.journal.close()
    edit.layer.paint((30, 30), 2)
    edit.flush()
    assert shown(edit)
    assert not (edit.layer.data == 2).any()
    assert "so the last change was not made" in told[0]
    edit.layer.undo()
    assert len(told) == 2


def test_a_prediction_that_streams_in_during_a_stroke_waits_and_covers_none_of_it(edit: EditLayer) -> None:
    whole = edit.labelling.window
    ones = np.ones(whole.shape, np.uint8)
    with edit.layer.block_history():
        edit.layer.paint((10, 10), 2)
        writer = threading.Thread(target=edit.labelling.write, args=(whole, ones, ones))
        writer.start()
        writer.join()
        assert not edit.flush()
        edit.layer.paint((10, 14), 2)
    assert edit.flush()
    assert shown(edit)
    assert (edit.layer.data[10, 10:15] == 2).all()
    assert (edit.layer.data == 1).any()
    edit.layer.undo()  # the model says what is beneath
    assert (edit.layer.data == 1).all()


def test_painting_while_predictions_stream_in_keeps_every_stroke(edit: EditLayer) -> None:
    whole = edit.labelling.window

    def stream() -> None:
        for value in range(20):
            labels = np.full(whole.shape, value % 2, np.uint8)
            edit.labelling.write(whole, labels, labels)

    writer = threading.Thread(target=stream)
    writer.start()
    for place in range(5, 60, 3):
        edit.layer.paint((place, place), 3)
        edit.flush()
    writer.join()
    edit.flush()
    assert shown(edit)
    assert all(edit.layer.data[place, place] == 3 for place in range(5, 60, 3))


def test_an_event_without_pixels_is_no_step() -> None:
    nothing = np.array([], dtype=int)
    assert operation_of([((nothing, nothing), nothing, 1)], "paint", (0, 0)) is None


def test_atoms_of_several_classes_keep_each() -> None:
    atoms = [
        ((slice(0, 2), slice(0, 3)), None, np.zeros((2, 3)), 1),
        ((slice(1, 3), slice(2, 4)), np.array([[True, False], [True, True]]), np.zeros(3), 2),
    ]
    operation = operation_of(atoms, "fill", (10, 20))
    assert operation is not None
    assert (operation.tool, operation.window) == ("fill", Window(10, 13, 20, 24))
    assert isinstance(operation.labels, np.ndarray)
    assert (operation.labels * operation.where).tolist() == [[1, 1, 1, 0], [1, 1, 2, 0], [0, 0, 2, 2]]


def test_a_fill_that_may_not_cover_all_is_corrected_on_the_screen(edit: EditLayer) -> None:
    def left_half(operation: Operation) -> Operation:
        columns = np.arange(operation.window.column_start, operation.window.column_stop)
        return replace(operation, where=operation.where & (columns < 230))

    edit.labelling.clip = left_half
    edit.layer.fill((50, 50), 3)
    edit.flush()
    assert shown(edit)
    assert (edit.layer.data[:, :30] == 3).all()
    assert (edit.layer.data[:, 30:] == 255).all()
