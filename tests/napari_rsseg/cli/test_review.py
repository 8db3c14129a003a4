"""The ``review`` commands as a user types them, on a real image with a starter's prediction."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.project import Project
from napari_rsseg.review import fill_queue
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def made(run: Callable[..., Any], tmp_path: Path) -> Path:
    """A project of one landslide image, cut into 16 windows, not yet segmented."""
    source = sorted((data_folder() / "landslide/coseismic_256/images").glob("*.tif"))[0]
    shutil.copy2(source, tmp_path / "slide.tif")
    folder = tmp_path / "slides"
    assert run("project", "create", folder, tmp_path / "slide.tif", "--schema", "landslide").code == 0
    with Project.open(folder) as project:
        project.update_settings(window_px=64, annotator="ada")
    return folder


def paint(root: Path, number: int) -> None:
    with Project.open(root) as project:
        session, _ = open_session(project, project.scenes()[0])
        window = fill_queue(project).entry(number).window
        session.apply(Operation("brush", window, np.ones(window.shape, dtype=bool), 1))
        session.close()


def test_from_a_prediction_to_a_report(run: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    asked = ("--project", made, "--json")
    run("review", "queue", *asked, "--order", "margin").assert_refused(
        "has no prediction", "segment --project"
    )
    assert run("segment", "--project", made, "--device", "cpu").code == 0
    listed = run("review", "queue", *asked, "--limit", "5", "--device", "cpu").json
    assert (listed["found"], len(listed["windows"])) == (16, 5)
    values = [window["value"] for window in listed["windows"]]
    assert values == sorted(values, reverse=True)
    first = listed["windows"][0]["id"]
    assert run("review", "next", *asked, "--order", "least-confident").json["window"]["state"] == "unseen"
    assert run("review", "accept", first, *asked).json["windows"][0]["state"] == "accepted"
    second = listed["windows"][1]["id"]
    paint(made, second)
    assert run("review", "accept", second, *asked).json["windows"][0]["state"] == "corrected"
    run("review", "send-back", first, *asked).assert_refused("Nothing says why")
    assert run("review", "send-back", first, *asked, "--why", "scar is cut").code == 0
    assert run("review", "flag", 16, "--project", made, "--why", "cloud?").out == "16: flagged\n"
    assert run("review", "comment", 16, "see 2018", "--project", made).code == 0
    assert run("review", "queue", *asked, "--state", "flagged").json["found"] == 1
    events = run("review", "history", first, *asked).json["events"]
    assert [(event["who"], event["state"]) for event in events] == [("ada", "accepted"), ("ada", "sent back")]
    restored = run("review", "history", first, *asked, "--restore", events[0]["id"]).json["events"]
    assert restored[-1]["state"] == "accepted"
    files = run("review", "report", *asked, "--out", tmp_path / "report").json["files"]
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000
    assert len(files) >= 4


def test_an_order_by_hand_and_gold_windows(run: Callable[..., Any], made: Path) -> None:
    run("review", "queue", "--project", made, "--order", "random")
    assert run("review", "first", 9, 4, "--project", made).code == 0
    listed = run("review", "queue", "--project", made, "--order", "by-hand", "--json").json["windows"]
    assert [window["id"] for window in listed[:3]] == [9, 4, 1]
    assert run("review", "gold", 9, "--project", made, "--json").json["windows"][0]["is_gold"]
    assert not run("review", "gold", 9, "--no-gold", "--project", made, "--json").json["windows"][0][
        "is_gold"
    ]


def test_annotators_are_compared_and_one_of_them_is_right(
    run: Callable[..., Any], made: Path, tmp_path: Path
) -> None:
    run("review", "queue", "--project", made, "--order", "random")
    paint(made, 1)
    copies = []
    for name in ("ben", "cleo"):
        shutil.copytree(made, tmp_path / name)
        with Project.open(tmp_path / name) as project:
            project.update_settings(annotator=name)
        copies += ["--with", tmp_path / name]
    paint(tmp_path / "ben", 2)
    for name in ("ben", "cleo"):
        run("review", "accept", 1, "--project", tmp_path / name)
    found = run("review", "agreement", "--project", made, *copies, "--json").json
    assert found["windows"] == 1
    assert found["pairs"][0]["agreement"] == 1
    with Project.open(made, read_only=True) as project:  # for the cards of dataset versions
        told = project.catalogue.setting("agreement")
    assert isinstance(told, dict)
    assert told["pairs"] == found["pairs"]
    assert run("review", "adjudicate", 2, "--project", made, "--winner", tmp_path / "ben").code == 0
    with Project.open(made, read_only=True) as project:
        window = fill_queue(project).entry(2).window
        assert (project.label_store(project.scenes()[0].id).read(window).labels == 1).all()
    refused = run("review", "adjudicate", 3, "--project", made, "--winner", tmp_path / "cleo")
    refused.assert_refused("cleo has reviewed nothing")


def test_faults_of_labels_are_listed_and_mended(run: Callable[..., Any], made: Path) -> None:
    run("review", "queue", "--project", made, "--order", "random")
    with Project.open(made) as project:
        session, _ = open_session(project, project.scenes()[0])
        window = fill_queue(project).entry(6).window
        labels = np.zeros((64, 64), dtype=np.uint8)
        labels[30, 30] = 1
        session.apply(Operation("draw", window, np.ones((64, 64), dtype=bool), labels))
        session.close()
    (found,) = run("review", "check", "--project", made, "--json").json["findings"]
    assert (found["kind"], found["pixels"], found["fixed"]) == ("specks", 1, False)
    assert run("review", "check", "--project", made, "--fix", "--json").json["findings"][0]["fixed"]
    assert run("review", "check", "--project", made).out == "Nothing found.\n"


def test_of_two_windows_that_show_the_same_the_second_is_no_longer_counted(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    tile = np.random.default_rng(2).integers(0, 255, (8, 8, 3)).repeat(8, axis=0).repeat(8, axis=1)
    picture = np.concatenate([tile, 255 - tile, tile], axis=1).astype(np.uint8)
    tifffile.imwrite(tmp_path / "twice.tif", picture, photometric="rgb")
    made = tmp_path / "twice"
    run("project", "create", made, tmp_path / "twice.tif", "--schema", "landslide")
    with Project.open(made) as project:
        project.update_settings(window_px=64)
        fill_queue(project)
    for number in (1, 2, 3):
        paint(made, number)
    (found,) = run("review", "check", "--project", made, "--fix", "--json").json["findings"]
    assert (found["kind"], found["window"], found["fixed"]) == ("duplicate", "0:64,128:192", True)
    assert run("review", "check", "--project", made).out == "Nothing found.\n"


def test_a_project_open_elsewhere_is_listed_but_not_changed(run: Callable[..., Any], made: Path) -> None:
    run("review", "queue", "--project", made, "--order", "random")
    with Project.open(made):
        assert run("review", "queue", "--project", made, "--order", "random").code == 0
        run("review", "flag", 1, "--project", made).assert_refused("only to read")
