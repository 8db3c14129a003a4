"""The Correct page without a window: real project, session and scene."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.editing.activity import active_seconds
from napari_rsseg.editing.tools import OnlyOver
from napari_rsseg.panels.active_time import ActiveTime
from napari_rsseg.panels.correct import CorrectPanel
from napari_rsseg.panels.correct_options import CorrectOptions
from napari_rsseg.panels.correct_site import CorrectSite, LabellingGround, ValidPages
from napari_rsseg.panels.correct_tools import CORRECT_TOOLS, tool_of
from napari_rsseg.panels.labelling import Labelling, OpenLabels
from napari_rsseg.panels.prompting import Prompting
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.panels.tool_keys import COMMANDS, bind_key, keys_file, remembered_keys, reset_keys
from napari_rsseg.project import Project, Provenance
from napari_rsseg.scenes import open_scene
from napari_rsseg.scenes.synthetic import write_synthetic
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = Window.of(300, 200)
SQUARE = np.array([[9.5, 9.5], [9.5, 19.5], [19.5, 19.5], [19.5, 9.5]])


@pytest.fixture
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def site(tmp_path: Path, own_settings: Path) -> Iterator[CorrectSite]:
    """A synthetic scene in a project, half of it predicted cloud (3), half thin cloud (2)."""
    image = write_synthetic(tmp_path / "scene.tif", size=WHOLE.shape, seed=0)[0]
    with Project.create(tmp_path / "project", name="clouds", scheme=CLOUD, annotator="anna") as project:
        scene = open_scene(image)
        entry = project.add_scene(scene)
        session, _ = open_session(project, entry)
        labelling = Labelling(CLOUD, *WHOLE.shape, lambda: OpenLabels(project, session))
        labelling.key, labelling.model = "stored", ("cloud-starter", "ab" * 32)
        predicted = np.full(WHOLE.shape, 2, np.uint8)
        predicted[:, 100:] = 3
        confidence = np.full(WHOLE.shape, 200, np.uint8)
        confidence[:150] = 100
        labelling.write(WHOLE, predicted, confidence)
        yield CorrectSite(scene, labelling, LabellingGround(labelling, WHOLE, ValidPages(scene)))
        session.close()
        scene.close()


@pytest.fixture
def panel(site: CorrectSite, stand_in: Any, tmp_path: Path) -> CorrectPanel:
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    segment.add_scene("scene", site.scene)
    return CorrectPanel(segment, Prompting(segment), lambda: site, lambda: Window(0, 100, 0, 200))


def labels(site: CorrectSite) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return site.ground.labels(WHOLE)


def test_a_polygon_is_one_step_that_undo_takes_back(panel: CorrectPanel, site: CorrectSite) -> None:
    before = labels(site)
    panel.choose_class(0)
    panel.choose_tool("polygon")
    panel.point(SQUARE)
    assert (labels(site)[10:20, 10:20] == 0).all()
    assert "100 pixels" in panel.message
    assert (panel.can_undo, panel.can_redo) == (True, False)
    panel.undo()
    assert np.array_equal(labels(site), before)
    assert panel.can_redo
    panel.redo()
    assert (labels(site)[10:20, 10:20] == 0).all()
    panel.undo()
    panel.undo()
    assert panel.message == "There is nothing to undo."


POINTED: dict[str, np.ndarray[Any, Any]] = {
    "outline": SQUARE,
    "lasso": SQUARE,
    "click": SQUARE[:1],
    "drag": SQUARE,
}


@pytest.mark.parametrize("key", [tool.key for tool in CORRECT_TOOLS if tool.make is not None])
def test_each_tool_is_one_undo_step_or_says_why_nothing_changes(
    panel: CorrectPanel, site: CorrectSite, key: str
) -> None:
    tool = tool_of(key)
    site.labelling.apply(Operation("brush", Window(5, 25, 5, 25), np.ones((20, 20), bool), 1))
    site.labelling.apply(Operation("brush", Window(12, 14, 12, 14), np.ones((2, 2), bool), 2))
    panel.find_others = lambda: {"other": lambda window: np.full(window.shape, 3, np.uint8)}
    panel.choose_class(0)
    before, steps = labels(site), site.labelling.session.undo_count
    panel.choose_tool(key)
    if tool.needs_superpixels:
        deadline = time.monotonic() + 60
        while (panel.superpixels is None or panel.activity) and time.monotonic() < deadline:
            time.sleep(0.05)
    if tool.gesture != "none":
        panel.point(POINTED[tool.gesture])
    if tool.is_previewed:
        assert np.array_equal(labels(site), before), "a preview changes nothing"
        panel.apply_preview()
    assert site.labelling.session.undo_count == steps + 1, panel.message
    panel.undo()
    assert np.array_equal(labels(site), before)


def test_a_preview_is_dropped_by_escape_and_made_anew_by_other_settings(
    panel: CorrectPanel, site: CorrectSite
) -> None:
    site.labelling.apply(Operation("brush", Window(5, 8, 5, 8), np.ones((3, 3), bool), 1))
    panel.options = CorrectOptions(speck_m2=1)
    panel.choose_tool("drop_specks")
    assert panel.preview is None
    assert "Nothing changes" in panel.message
    panel.choose_options(CorrectOptions(speck_m2=10_000))
    panel.choose_tool("drop_specks")
    assert panel.preview is not None
    assert int(panel.preview.where.sum()) == 9
    assert "9 pixels would change" in panel.message
    panel.choose_options(CorrectOptions(speck_m2=1))
    assert panel.preview is None
    panel.choose_options(CorrectOptions(speck_m2=10_000))
    panel.choose_tool("drop_specks")
    panel.drop_preview()
    assert panel.preview is None
    assert (labels(site)[5:8, 5:8] == 1).all()


def test_accepting_the_rest_of_the_window_is_one_step_and_leaves_labels(
    panel: CorrectPanel, site: CorrectSite
) -> None:
    site.labelling.apply(Operation("brush", Window(5, 8, 5, 8), np.ones((3, 3), bool), 1))
    before = labels(site)
    panel.accept_window()
    provenance = site.ground.provenance(WHOLE)
    assert np.array_equal(labels(site), before)
    assert (provenance[5:8, 5:8] == Provenance.CORRECTED).all()
    assert np.count_nonzero(provenance == Provenance.ACCEPTED) == 100 * 200 - 9
    assert (provenance[100:] == Provenance.PREDICTED).all()
    panel.accept_window()
    assert "nothing to accept" in panel.message
    panel.undo()
    assert not (site.ground.provenance(WHOLE) == Provenance.ACCEPTED).any()


def test_the_window_under_review_is_accepted_rather_than_the_view(
    panel: CorrectPanel, site: CorrectSite
) -> None:
    panel.find_review = lambda: Window(200, 264, 0, 64)
    panel.accept_window()
    accepted = site.ground.provenance(WHOLE) == Provenance.ACCEPTED
    assert accepted[200:264, :64].all()
    assert np.count_nonzero(accepted) == 64 * 64


def test_painting_only_over_one_class_or_in_doubt_holds_back_the_rest(
    panel: CorrectPanel, site: CorrectSite
) -> None:
    stroke = Operation("brush", Window(140, 160, 90, 110), np.ones((20, 20), bool), 0)
    panel.choose_over(OnlyOver(classes=frozenset({3}), below_confidence=0.6))
    panel.follow_site()
    change = site.labelling.paint(stroke)
    assert change is not None
    assert change.window == Window(140, 150, 100, 110)
    panel.choose_over(OnlyOver(classes=frozenset({1})))
    panel.choose_tool("polygon")
    panel.point(SQUARE)
    assert "kept back" in panel.message


def test_without_labels_every_command_says_what_to_do(panel: CorrectPanel) -> None:
    panel.find_site = lambda: None
    for command in (panel.accept_window, panel.undo, panel.redo, lambda: panel.point(SQUARE)):
        panel.message = ""
        command()
        assert "Press Segment" in panel.message


def test_a_tool_that_needs_other_labels_says_so(panel: CorrectPanel) -> None:
    panel.choose_tool("copy_other")
    panel.point(SQUARE)
    assert "Open another date" in panel.message


def test_superpixels_of_a_huge_view_ask_to_zoom_in(panel: CorrectPanel, site: CorrectSite) -> None:
    object.__setattr__(site.ground, "extent", Window.of(5000, 5000))
    panel.find_window = lambda: Window.of(5000, 5000)
    panel.choose_tool("superpixels")
    assert "Zoom in" in panel.message


def test_another_class_is_taken_only_where_the_scheme_has_it(panel: CorrectPanel) -> None:
    panel.choose_class(2)
    panel.choose_class(9)
    assert panel.class_id == 2


def test_pixels_that_were_not_measured_are_told_by_the_scene(site: CorrectSite) -> None:
    part = Window(10, 290, 30, 190)
    assert np.array_equal(ValidPages(site.scene).read(part), site.scene.valid(part))


def test_before_the_first_edit_nothing_is_said_and_no_project_is_made(site: CorrectSite) -> None:
    def refuse() -> OpenLabels:
        raise AssertionError("looking at a scene makes no project")

    empty = Labelling(CLOUD, *WHOLE.shape, refuse)
    ground = LabellingGround(empty, WHOLE, ValidPages(site.scene))
    part = Window.of(2, 3)
    assert (ground.predicted(part) == IGNORED).all()
    assert (ground.confidence(part) == IGNORED).all()
    assert (ground.labels(part) == IGNORED).all()
    assert (ground.provenance(part) == Provenance.UNLABELLED).all()
    untouched = CorrectSite(site.scene, empty, ground)
    assert not untouched.can_undo
    assert not untouched.can_redo
    assert untouched.origin(0, 0) == ""
    untouched.add_seconds(part, 0, 5.0)


def test_a_pixel_tells_who_said_it_and_when(panel: CorrectPanel, site: CorrectSite) -> None:
    today = datetime.now(UTC).date().isoformat()
    panel.choose_tool("polygon")
    panel.point(SQUARE)
    assert site.origin(12, 12) == f"corrected by anna, {today}"
    assert site.origin(0, 0) == f"predicted by cloud-starter, {today}"
    panel.accept_window()
    assert site.origin(0, 0) == f"accepted by anna, {today}"
    assert site.origin(-1, 0) == ""


# active time


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_pauses_count_half_a_minute_however_long_and_however_often_one_asks() -> None:
    clock = Clock()
    timed: ActiveTime[str] = ActiveTime(clock)
    timed.touch("a")
    clock.now += 10
    timed.touch("b")
    clock.now += 5
    assert timed.take() == {"a": 10.0, "b": 5.0}
    for _ in range(100):
        clock.now += 20
        timed.take()
    assert timed.take() == {}
    clock.now -= 1000
    assert timed.take() == {}, "a clock that goes back takes no time away"


def test_all_that_is_taken_while_idle_is_half_a_minute() -> None:
    clock = Clock()
    timed: ActiveTime[str] = ActiveTime(clock)
    timed.touch("a")
    total = 0.0
    for _ in range(10):
        clock.now += 7
        total += timed.take().get("a", 0.0)
    assert total == 30.0


def test_active_time_is_kept_by_window_and_class_in_the_project(
    panel: CorrectPanel, site: CorrectSite
) -> None:
    clock = Clock()
    panel._time = ActiveTime(clock)
    panel.choose_tool("polygon")
    panel.choose_class(1)
    panel.point(SQUARE)
    clock.now += 12
    panel.choose_class(0)
    panel.point(SQUARE + 20)
    clock.now += 100
    panel.keep_time()
    panel.keep_time()
    (thin, cloud) = active_seconds(site.labelling.begin().project.catalogue)
    assert (thin.class_id, thin.seconds, thin.actor, thin.window) == (0, 30.0, "anna", WHOLE)
    assert (cloud.class_id, cloud.seconds) == (1, 12.0)


# keys


def test_every_tool_and_command_has_a_key_of_its_own_that_is_no_digit(own_settings: Path) -> None:
    keys = remembered_keys()
    assert set(keys) == {tool.key for tool in CORRECT_TOOLS} | set(COMMANDS)
    assert len(set(keys.values())) == len(keys)
    assert not any(key[-1].isdigit() for key in keys.values())


def test_a_chosen_key_is_remembered_and_can_be_given_back(panel: CorrectPanel) -> None:
    panel.choose_key("fill", "Ctrl+Shift+F")
    assert panel.keys["fill"] == "Ctrl+Shift+F"
    assert remembered_keys()["fill"] == "Ctrl+Shift+F"
    panel.choose_key("lasso", "F")
    assert remembered_keys()["lasso"] == "F"
    panel.reset_keys()
    assert remembered_keys()["fill"] == "F"


@pytest.mark.parametrize(("key", "words"), [("P", "key of Polygon"), ("7", "cannot be"), ("", "cannot be")])
def test_keys_that_are_taken_or_choose_classes_are_refused(panel: CorrectPanel, key: str, words: str) -> None:
    panel.choose_key("fill", key)
    assert words in panel.message
    assert panel.keys["fill"] == "F"


@pytest.mark.parametrize(
    "content", ["", "{", '{"keys": {"fill": "P"}}', '{"keys": {"fill": "7"}}', '{"keys": {"nothing": "F9"}}']
)
def test_a_damaged_file_of_keys_stops_nothing(own_settings: Path, content: str) -> None:
    own_settings.mkdir()
    keys_file().write_text(content)
    assert remembered_keys() == reset_keys()


def test_keys_that_cannot_be_remembered_are_told(own_settings: Path, panel: CorrectPanel) -> None:
    own_settings.write_text("a file where the folder should be")
    panel.choose_key("fill", "Ctrl+Shift+F")
    assert "cannot be remembered" in panel.message


def test_binding_returns_all_keys(own_settings: Path) -> None:
    assert bind_key("brush", "F2")["brush"] == "F2"
