"""The ``project`` commands as a user types them, on real scenes."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import Project, open_implicit, recent_projects
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with two real landslide scenes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in sorted((data_folder() / "landslide/coseismic_256/images").glob("*.tif"))[:2]:
        shutil.copy2(path, folder)
    return folder


@pytest.fixture
def made(run: Callable[..., Any], tmp_path: Path, pictures: Path) -> Path:
    folder = tmp_path / "slides"
    assert run("project", "create", folder, pictures, "--schema", "landslide", "--annotator", "ada").code == 0
    return folder


def test_a_folder_becomes_a_project_file_by_file(
    run: Callable[..., Any], tmp_path: Path, pictures: Path
) -> None:
    (pictures / "broken.tif").write_bytes(b"II*\0 and then nothing")
    (pictures / "notes.txt").write_text("no raster", encoding="utf-8")
    done = run("project", "create", tmp_path / "slides", pictures, "--schema", "landslide", "--json")
    assert done.code == 2, "one file could not be taken"
    assert len(done.json["scenes"]) == 2
    (failed,) = done.json["failed"]
    assert failed["scene"].endswith("broken.tif")
    assert "broken.tif" in done.err
    with Project.open(tmp_path / "slides") as project:
        assert len(project.scenes()) == 2
    assert [entry.root for entry in recent_projects()] == [tmp_path / "slides"]


def test_a_folder_with_scenes_becomes_a_project_in_place(run: Callable[..., Any], pictures: Path) -> None:
    done = run("project", "create", pictures, "--schema", "landslide", "--json")
    assert done.code == 0
    assert len(done.json["scenes"]) == 2


def test_creation_says_what_it_lacks(run: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    run("project", "create", tmp_path / "other").assert_refused("--schema grass, cloud, landslide")
    run("project", "create", made, "--schema", "cloud").assert_refused("holds a project already")
    run("project", "create", tmp_path / "other", "--schema", "cluod").assert_refused("cluod")


def test_edits_made_without_a_project_come_into_it_with_their_history(
    run: Callable[..., Any], tmp_path: Path, pictures: Path
) -> None:
    scene = open_scene(min(pictures.glob("*.tif")))
    with open_implicit(scene, LANDSLIDE) as implicit:
        (entry,) = implicit.scenes()
        implicit.catalogue.actor("model", "other")  # so that numbers differ
        session, _ = open_session(implicit, entry)
        for row in (10, 40):
            where = np.ones((20, 20), np.bool_)
            session.apply(Operation("brush", Window(row, row + 20, 30, 50), where, 1))
        session.close()
    done = run("project", "create", tmp_path / "slides", pictures, "--schema", "landslide", "--json")
    assert [entry["steps_taken_over"] for entry in done.json["scenes"]] == [2, 0]
    with Project.open(tmp_path / "slides") as project:
        entry = project.scenes()[0]
        block = project.label_store(entry.id).read(Window.of(256, 256))
        assert (block.labels == 1).sum() == 800
        (actor,) = {*block.actor.ravel().tolist()} - {0}
        (known,) = project.catalogue.rows("SELECT kind FROM actors WHERE id = ?", (actor,))
        assert known["kind"] == "person"
        session, restored = open_session(project, entry)
        assert restored.sentence == ""
        session.undo()
        session.undo()
        assert not session.can_undo
        session.close()
        assert (project.label_store(entry.id).read(Window.of(256, 256)).labels == 255).all()
    with open_implicit(scene, LANDSLIDE) as fresh:
        assert fresh.label_store(fresh.scenes()[0].id).sequence == 0


def test_edits_that_somebody_makes_just_now_are_left_and_said(
    run: Callable[..., Any], tmp_path: Path, pictures: Path
) -> None:
    scene = open_scene(min(pictures.glob("*.tif")))
    with open_implicit(scene, LANDSLIDE) as implicit:
        session, _ = open_session(implicit, implicit.scenes()[0])
        session.apply(Operation("brush", Window(0, 5, 0, 5), np.ones((5, 5), np.bool_), 1))
        done = run("project", "create", tmp_path / "slides", pictures, "--schema", "landslide")
        assert done.code == 0
        assert f"process {os.getpid()}" in done.err
        session.close()


def test_info_tells_classes_scenes_and_who_writes(run: Callable[..., Any], made: Path) -> None:
    facts = run("project", "info", made, "--json").json
    assert facts["name"] == "slides"
    assert facts["annotator"] == "ada"
    assert [entry["height"] for entry in facts["scenes"]] == [256, 256]
    assert facts["held_by"] is None
    with Project.open(made):
        assert f"process {os.getpid()}" in run("project", "info", made, "--json").json["held_by"]
        assert "held by" in run("project", "info", made).out
    run("project", "info", made.parent).assert_refused("is no project")


def test_a_moved_scene_is_found_and_a_missing_one_asked_for(
    run: Callable[..., Any], made: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, second = (entry["id"] for entry in run("project", "info", made, "--json").json["scenes"])
    one, two = sorted(pictures.glob("*.tif"))
    one.rename(pictures / "renamed.tif")
    far = tmp_path_factory.mktemp("far") / "two.tif"
    shutil.move(two, far)
    done = run("project", "open", made)
    done.assert_refused(second, f"--scene {second}=PATH")
    done = run("project", "open", made, "--scene", f"{second}={far}", "--json")
    assert done.code == 0
    places = {entry["id"]: entry["uri"] for entry in done.json["scenes"]}
    assert places == {first: str(pictures / "renamed.tif"), second: str(far)}
    run("project", "open", made, "--scene", f"{second}={pictures / 'renamed.tif'}").assert_refused(
        "is not scene"
    )
    run("project", "open", made, "--scene", second).assert_refused("ID=PATH")


def test_a_changed_scene_is_refused_with_what_differs(
    run: Callable[..., Any], made: Path, pictures: Path
) -> None:
    with min(pictures.glob("*.tif")).open("r+b") as file:
        file.seek(5000)
        file.write(bytes(300))
    run("project", "open", made).assert_refused("time of change", "its pixels or tags")


def test_check_finds_a_damaged_chunk_and_repair_mends_it(run: Callable[..., Any], made: Path) -> None:
    assert run("project", "check", made).out.strip().endswith("is whole.")
    with Project.open(made) as project:
        entry = project.scenes()[0]
        session, _ = open_session(project, entry)
        session.apply(Operation("brush", Window(0, 50, 0, 50), np.ones((50, 50), np.bool_), 1))
        session.close()
        chunk = project.scene_folder(entry.id) / "labels.zarr/labels/c/0/0"
    chunk.write_bytes(b"\xa5" * 300)
    done = run("project", "check", made, "--json")
    assert done.code == 2
    (finding,) = done.json["findings"]
    assert (finding["part"], finding["scene"]) == ("labels", entry.id)
    mended = run("project", "repair", made)
    assert mended.code == 0
    assert "1 chunks rebuilt from the journal" in mended.out
    assert run("project", "check", made, "--json").json["is_whole"]
    assert "needs no repair" in run("project", "repair", made).out


def test_a_project_of_a_newer_version_is_refused(run: Callable[..., Any], made: Path) -> None:
    file = made / "project.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("format = 1", "format = 9"), encoding="utf-8")
    for command in ("open", "info", "check", "repair"):
        run("project", command, made).assert_refused("newer version")


def test_all_scenes_are_segmented_into_the_project_and_the_command_goes_on_where_it_was(
    run: Callable[..., Any], made: Path
) -> None:
    with Project.open(made) as project:
        entry = project.scenes()[0]
        session, _ = open_session(project, entry)
        session.apply(Operation("brush", Window(0, 50, 0, 50), np.ones((50, 50), np.bool_), 1))
        session.close()
    done = run("segment", "--project", made, "--device", "cpu", "--json")
    assert done.code == 0, done.err
    assert [scene["scene"] for scene in done.json["scenes"]] == [
        entry["id"] for entry in run("project", "info", made, "--json").json["scenes"]
    ]
    assert len(list((made / "predictions").glob("*.zarr"))) == 2
    with Project.open(made) as project:
        block = project.label_store(entry.id).read(Window.of(256, 256))
        assert (block.labels[:50, :50] == 1).all(), "what a hand painted is not predicted over"
        assert (block.provenance[:50, :50] == 2).all()
        assert (block.provenance[50:] == 1).any()
        (model,) = project.catalogue.rows("SELECT name, digest FROM models")
        assert model["name"] == done.json["scenes"][0]["model"]
        session, _ = open_session(project, entry)
        assert session.undo_count == 1, "a prediction is no step of the annotator"
        session.close()
    again = run("segment", "--project", made, "--device", "cpu", "--json")
    assert [scene["changed_pixels"] for scene in again.json["scenes"]] == [0, 0]


def test_segmenting_a_project_refuses_what_does_not_go_with_it(run: Callable[..., Any], made: Path) -> None:
    run("segment", "--project", made, "--vectors", "gpkg").assert_refused("Leave out SCENE")
    run("segment").assert_refused("--project DIR")
    run("segment", "--project", made, "--task", "cloud").assert_refused("project's classes are background")
    with Project.open(made):
        run("segment", "--project", made).assert_refused("only to read", "held by ada")


def test_a_project_is_shared_out_and_brought_back(run: Callable[..., Any], made: Path) -> None:
    done = run("project", "assign", made, "--annotators", "ada,bob", "--overlap", "100%", "--json")
    assert [(part["annotator"], part["windows"], part["shared"]) for part in done.json["parts"]] == [
        ("ada", 2, 2), ("bob", 2, 2),
    ]  # fmt: skip
    roots = [part["root"] for part in done.json["parts"]]
    for number, root in enumerate(roots):
        with Project.open(root) as copy:
            for entry in copy.scenes():
                session, _ = open_session(copy, entry)
                where = np.ones((40, 50), np.bool_)
                session.apply(Operation("brush", Window(0, 40, 0, 50), where, number))
                session.close()
            with copy.catalogue.transaction() as connection:
                connection.execute("UPDATE windows SET state = 'accepted'")
    merged = run("project", "merge", made, roots[0])
    assert merged.code == 0
    assert "2 shared windows wait" in merged.out
    merged = run("project", "merge", made, roots[1])
    assert merged.code == 2, "conflicts are told by the exit code as well"
    assert merged.out.count("ada and bob differ in 2,000 pixels") == 2
    again = run("project", "merge", made, *roots, "--json")
    assert [conflict["pixels"] for conflict in again.json["conflicts"]] == [2000, 2000]
    assert run("project", "info", made, "--json").json["open_conflicts"] == 2
    run("project", "assign", made, "--annotators", "eve", "--overlap", "x").assert_refused("no share")
    run("project", "merge", made, made).assert_refused("no annotator's copy")


def test_a_read_only_folder_is_opened_to_read_and_says_so(
    run: Callable[..., Any], made: Path, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a folder read-only")
    place = tmp_path / "mounted"
    place.mkdir()
    bound = subprocess.run(["mount", "--bind", str(made), str(place)], capture_output=True, check=False)
    if bound.returncode:
        pytest.skip(f"this container may not mount: {bound.stderr.decode().strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        facts = run("project", "info", place, "--json").json
        assert facts["is_read_only"]
        assert "cannot be locked" in facts["held_by"]
        assert run("project", "check", place, "--json").json["findings"] == []
        run("project", "repair", place).assert_refused("cannot be locked")
        with Project.open(place) as project, pytest.raises(ProjectError, match="only to read"):
            project.update_settings(name="Mine")
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_project_in_use_gets_other_classes(run: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    file = tmp_path / "scars.toml"
    file.write_text(
        'name = "scars"\nclasses = [{name = "ground", colour = "#000000"}, '
        '{name = "scar", colour = "#ff0000"}]',
        encoding="utf-8",
    )
    run("project", "classes", made, "--schema", file).assert_refused("lack background (0 pixels)", "--map")
    run("project", "classes", made, "--schema", file, "--map", "background").assert_refused("not understood")
    words = "background=ground, landslide=scar"
    done = run("project", "classes", made, "--schema", file, "--map", words, "--json")
    assert done.json["names"] == {"background": "ground", "landslide": "scar"}
    assert not done.json["is_remapped"]
    assert run("project", "info", made, "--json").json["schema"]["name"] == "scars"
