from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.engine.prompting.prompts import PromptBox, PromptPoint, PromptPolygon, PromptStroke
from napari_rsseg.errors import OutputError
from napari_rsseg.viewer.opening import prepare_scene
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.writer import write_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.viewer.workbench import Workbench

WAIT_S = 60
HERE = PromptPoint(50.0, 40.0)


def wait(workbench: Workbench, is_over: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_over():
        assert time.monotonic() < end
        time.sleep(0.005)
        workbench.chores.do_all()


@pytest.fixture
def workbench(stand_in: Any) -> Workbench:
    """A scene of which all is in view, with prompting on."""
    viewer: Any = ViewerModel()
    made = build_workbench(viewer, lambda scheduler: stand_in)
    made.add(prepare_scene("synthetic:size=128,seed=0"))
    made.flush()
    made.prompting.begin()
    wait(made, lambda: made.prompting.view is not None and not made.prompting.activity)
    made.chores.do_all()
    return made


def labels_of(workbench: Workbench) -> Any:
    assert workbench.panel.scene is not None
    return workbench.labels_of(workbench.panel.scene, "landslide")


def give(workbench: Workbench, *prompts: Any) -> None:
    workbench.prompting.give(*prompts)
    wait(workbench, lambda: workbench.prompting.candidates)
    workbench.chores.do_all()


def accept(workbench: Workbench) -> None:
    workbench.prompting.message = ""
    workbench.prompting.accept()
    wait(workbench, lambda: "pixels are" in workbench.prompting.message)


def test_prompting_brings_layers_tied_to_the_labels_and_takes_them_away(workbench: Workbench) -> None:
    layers, viewer = workbench.prompt_layers, workbench.viewer
    labels = labels_of(workbench)
    assert layers.points is viewer.layers.selection.active
    assert layers.points is not None
    assert layers.points.mode == "add"
    assert layers.is_active
    for layer in (layers.points, layers.shapes, layers.preview):
        assert layer is not None
        assert np.allclose(layer.affine.affine_matrix, labels.affine.affine_matrix)
        assert layer.units == labels.units
    workbench.prompting.end()
    workbench.chores.do_all()
    assert (layers.points, layers.shapes, layers.preview) == (None, None, None)
    assert viewer.layers.selection.active is labels
    assert len(viewer.layers) == 2


def test_the_status_bar_names_the_place_while_prompts_are_given(workbench: Workbench) -> None:
    layers = workbench.prompt_layers
    picture = workbench.picture(workbench.panel.scene)
    assert picture is not None
    position = tuple(picture.data_to_world((3, 7)))
    for layer in (layers.points, layers.shapes, layers.preview):
        assert layer is not None
        words = layer.get_status(position)["coordinates"]
        assert words.startswith(" row 3, column 7; x ")
        assert "lon" in words


def test_a_click_shows_a_preview_and_changes_no_label(workbench: Workbench) -> None:
    layers = workbench.prompt_layers
    assert layers.points is not None
    assert layers.preview is not None
    layers.points.add([[50.0, 40.0]])
    assert workbench.prompting.given == (HERE,)
    wait(workbench, lambda: workbench.prompting.candidates)
    workbench.chores.do_all()
    assert layers.preview.data.shape == (5, 5)
    corner = layers.preview.data_to_world((0, 0))
    assert np.allclose(corner, labels_of(workbench).data_to_world((48, 38)))
    assert (labels_of(workbench).data == IGNORED).all()
    assert not layers.preview.editable
    workbench.prompting.next_candidate()
    workbench.chores.do_all()
    assert layers.preview.data.shape == (11, 11)


@pytest.mark.parametrize(
    ("modifiers", "button", "toggled"),
    [((), 1, False), (("Shift",), 1, False), ((), 2, False), ((), 1, True)],
    ids=["plain", "shift", "right button", "switched"],
)
def test_what_does_not_belong_is_told_by_shift_the_right_button_or_the_switch(
    workbench: Workbench, modifiers: tuple[str, ...], button: int, toggled: bool
) -> None:
    layers = workbench.prompt_layers
    assert layers.points is not None
    workbench.prompting.is_negative = toggled
    for callback in layers.points.mouse_drag_callbacks:
        if getattr(callback, "__self__", None) is layers:
            callback(layers.points, SimpleNamespace(modifiers=modifiers, button=button))
    layers.points.add([[50.0, 40.0]])
    is_positive = not (modifiers or button == 2 or toggled)
    assert workbench.prompting.given == (PromptPoint(50.0, 40.0, is_positive),)
    workbench.chores.do_all()
    green = layers.points.face_color[0][1] > layers.points.face_color[0][0]
    assert green == is_positive


@pytest.mark.parametrize(
    ("tool", "shape", "places", "expected"),
    [
        ("box", "rectangle", [[10, 20], [10, 60], [30, 60], [30, 20]], PromptBox(10, 20, 30, 60)),
        ("scribble", "path", [[10, 20], [30, 60]], PromptStroke(((10.0, 20.0), (30.0, 60.0)))),
        ("polygon", "polygon", [[10, 20], [10, 60], [30, 60]],
         PromptPolygon(((10.0, 20.0), (10.0, 60.0), (30.0, 60.0)))),
    ],
)  # fmt: skip
def test_shapes_are_prompts_of_their_tool(
    workbench: Workbench, tool: Any, shape: str, places: list[list[int]], expected: object
) -> None:
    layers = workbench.prompt_layers
    assert layers.shapes is not None
    workbench.prompting.choose_tool(tool)
    workbench.chores.do_all()
    assert workbench.viewer.layers.selection.active is layers.shapes
    layers.shapes.add([np.array(places, dtype=float)], shape_type=shape)
    assert workbench.prompting.given == (expected,)
    wait(workbench, lambda: workbench.prompting.candidates)
    workbench.chores.do_all()
    assert len(layers.shapes.data) == 1
    workbench.prompting.take_back()
    workbench.chores.do_all()
    assert len(layers.shapes.data) == 0


def test_enter_is_one_step_of_the_labels_history(workbench: Workbench) -> None:
    labels = labels_of(workbench)
    labels.paint((50, 40), 0)
    painted = labels.data.copy()
    give(workbench, HERE)
    accept(workbench)
    assert (labels.data[48:53, 38:43] == 1).all()
    assert "25 pixels are now landslide" in workbench.prompting.message
    assert workbench.prompt_layers.preview is not None
    assert not workbench.prompt_layers.preview.data.any()
    workbench.prompt_layers.key_actions()["Ctrl+Z"]()
    assert (labels.data == painted).all()
    assert workbench.panel.labellings.has_new_edits


def test_the_class_follows_the_labels_and_the_labels_follow_the_class(workbench: Workbench) -> None:
    labels = labels_of(workbench)
    labels.selected_label = 0
    assert workbench.prompting.class_id == 0
    workbench.prompting.class_id = 1
    workbench.chores.do_all()
    assert labels.selected_label == 1


def test_another_task_means_other_labels(workbench: Workbench) -> None:
    workbench.panel.choose_task("cloud")
    workbench.chores.do_all()
    give(workbench, HERE)
    accept(workbench)
    assert workbench.panel.scene is not None
    clouds = workbench.labels_of(workbench.panel.scene, "cloud")
    assert clouds is not None
    assert (clouds.data[48:53, 38:43] == clouds.selected_label).all()
    assert (labels_of(workbench).data == IGNORED).all()
    assert workbench.prompt_layers.is_active
    assert workbench.viewer.layers[-1] is workbench.prompt_layers.points


def test_a_click_gives_a_proposed_region_the_class(workbench: Workbench) -> None:
    workbench.prompting.propose()
    wait(workbench, lambda: workbench.prompt_layers.regions is not None)
    regions, labels = workbench.prompt_layers.regions, labels_of(workbench)
    assert regions is not None
    assert regions is workbench.viewer.layers.selection.active
    position = regions.data_to_world((40, 50))
    event = SimpleNamespace(pos=(1, 1), position=position, type="mouse_press")
    steps = workbench.prompt_layers._take_region(regions, event)
    next(steps)
    event.type = "mouse_release"
    assert list(steps) == []
    wait(workbench, lambda: "pixels are" in workbench.prompting.message)
    assert (labels.data == 1).sum() == 41 * 41 - 11 * 11
    workbench.chores.do_all()
    assert set(np.unique(regions.data)) == {0, 2}
    workbench.prompt_layers.key_actions()["Esc"]()
    workbench.chores.do_all()
    assert not regions.visible
    assert workbench.prompt_layers.points is workbench.viewer.layers.selection.active


def test_prompt_layers_are_never_written_as_labels(workbench: Workbench, tmp_path: Any) -> None:
    preview = workbench.prompt_layers.preview
    assert preview is not None
    attributes = {"name": preview.name, "metadata": preview.metadata}
    with pytest.raises(OutputError, match="belongs to no scene"):
        write_labels(str(tmp_path / "preview.tif"), preview.data, attributes)


def test_removing_a_prompt_layer_ends_prompting(workbench: Workbench) -> None:
    assert workbench.prompt_layers.points is not None
    workbench.viewer.layers.remove(workbench.prompt_layers.points)
    workbench.chores.do_all()
    assert not workbench.prompting.is_on
    assert len(workbench.viewer.layers) == 2


def test_closing_the_scene_takes_the_prompts_away(workbench: Workbench) -> None:
    workbench.viewer.layers.clear()
    workbench.chores.do_all()
    assert not workbench.prompting.is_on
    assert len(workbench.viewer.layers) == 0
