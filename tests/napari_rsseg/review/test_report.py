from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.editing.activity import add_seconds
from napari_rsseg.errors import OutputError
from napari_rsseg.review import (
    ErrorKinds,
    accept_window,
    compare_projects,
    draw_blind_sample,
    error_kinds,
    evaluate_sample,
    fill_queue,
    gather_report,
    overlaid,
    report_tables,
    write_map,
    write_report,
)
from napari_rsseg.review.map_figure import round_length
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue


def correct_all(project: Project, truth: npt.NDArray[np.uint8]) -> None:
    queue = fill_queue(project)
    session, _ = open_session(project, project.scenes()[0])
    whole = Window.of(256, 256)
    session.apply(Operation("brush", whole, session.labels.labels(whole) != truth, truth))
    for entry in queue.of_scene(project.scenes()[0].id):
        if not entry.is_blind:
            accept_window(session, queue, entry)
    session.close()


def test_errors_are_told_by_kind() -> None:
    truth = np.zeros((20, 20), dtype=np.uint8)
    truth[5:15, 5:15] = 1
    prediction = np.zeros((20, 20), dtype=np.uint8)
    prediction[5:15, 6:16] = 1
    prediction[8, 8] = 2
    truth[0, 0] = 255
    assert error_kinds(truth, prediction, (0,)) == ErrorKinds(missed=10, false=10, confused=1, outline=20)
    assert error_kinds(truth, prediction, ()).confused == 21


def test_a_report_counts_what_people_changed(project: Project, truth: npt.NDArray[np.uint8]) -> None:
    correct_all(project, truth)
    scene = project.scenes()[0]
    add_seconds(
        project.catalogue, scene.id, Window(0, 64, 0, 64), 1, project.catalogue.actor("person", "ana"), 90
    )
    (one,) = gather_report(project).scenes
    missed = int((truth[:128, :128] == 1).sum())
    assert one.errors.missed == missed == one.confusion[1, 0]
    assert one.errors.false == one.confusion[0, 1] == 0
    np.testing.assert_array_equal(one.reviewed, np.bincount(truth.ravel(), minlength=2))
    assert one.worst
    assert all(entry.window.row_start < 128 for entry in one.worst)
    assert gather_report(project).seconds == {("ana", 1): 90}


def test_a_blind_sample_estimates_areas_that_the_map_misses(
    project: Project, queue: ReviewQueue, truth: npt.NDArray[np.uint8], predicted: npt.NDArray[np.uint8]
) -> None:
    scene = project.scenes()[0]
    windows = draw_blind_sample(project, queue, scene, total=400, side_px=32, seed=1)
    assert len(windows) == 400
    assert all(entry.is_blind for entry in queue.entries(windows))
    before = evaluate_sample(project, queue, scene)
    assert before is not None
    assert (before.drawn, before.labelled, before.estimate) == (400, 0, None)
    correct_all(project, truth)
    result = evaluate_sample(project, queue, scene)
    assert result is not None
    assert result.estimate is not None
    assert result.labelled == 400
    slides = result.estimate.areas[1]
    true_area = float((truth == 1).sum())
    assert result.estimate.mapped[1] == (predicted == 1).sum() < true_area
    assert slides.low < true_area < slides.high


def test_the_page_stands_alone_and_the_tables_hold_the_same(
    make_project: Callable[[str], Project], truth: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    project, other = make_project("ana"), make_project("ben")
    draw_blind_sample(project, fill_queue(project), project.scenes()[0], total=60, side_px=32)
    correct_all(project, truth)
    correct_all(other, truth)
    data = gather_report(project, comparison=compare_projects([project, other]))
    files = write_report(project, data, tmp_path / "report")
    page = files[0].read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=['\"](?!data:)", page), "nothing outside of the page is needed"
    assert page.count("<img") >= 3
    assert {path.name for path in files} >= {
        "report.html", "areas.csv", "agreement.csv", "confusion.csv", "errors.csv", "progress.csv",
    }  # fmt: skip
    with (tmp_path / "report" / "areas.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    estimated = [row for row in rows if row["kind"].startswith("estimated")]
    assert [row["class"] for row in estimated] == ["background", "landslide"]
    assert all(float(row["low"]) <= float(row["area"]) <= float(row["high"]) for row in estimated)
    with (tmp_path / "report" / "agreement.csv").open(newline="") as stream:
        assert {row["Cohen's kappa"] for row in csv.DictReader(stream)} == {"1.0"}


def test_a_map_has_the_labels_in_their_colours(project: Project, tmp_path: Path) -> None:
    entry = project.scenes()[0]
    scene = project.open_scene(entry)
    path = write_map(
        tmp_path / "map.png", scene, project.label_store(entry.id), project.scheme, title="A map"
    )
    scene.close()
    assert np.asarray(Image.open(path)).std() > 10
    with pytest.raises(OutputError, match="not the name of a picture"):
        write_map(tmp_path / "map.txt", scene, project.label_store(entry.id), project.scheme, title="")


def test_background_is_left_out_of_a_picture(project: Project, image_path: Path) -> None:
    picture = np.full((2, 2, 3), 100, dtype=np.uint8)
    shown = overlaid(picture, np.array([[0, 1], [255, 1]], dtype=np.uint8), project.scheme)
    assert (shown[:, 0] == 100).all()
    assert (shown[:, 1] != 100).any()
    scene = open_scene(image_path)
    assert scene.height == 256
    scene.close()


@pytest.mark.parametrize(("length", "bar"), [(1730, 1000), (260, 200), (5, 5), (0.9, 0.5), (99, 50)])
def test_a_scale_bar_has_a_round_length(length: float, bar: float) -> None:
    assert round_length(length) == pytest.approx(bar)


def test_an_empty_project_has_only_its_progress_to_tell(project: Project) -> None:
    assert [table.name for table in report_tables(gather_report(project))] == ["progress"]
