"""Projects: made, reopened, held by one program at a time, and true to their scenes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.classes.scheme import CLOUD, LANDSLIDE
from napari_rsseg.errors import OutputError, ProjectError
from napari_rsseg.project import Project
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from collections.abc import Callable

HOLD = """
import sys
from napari_rsseg.project import Project
with Project.open(sys.argv[1]) as project:
    print(project.is_read_only, flush=True)
    sys.stdin.readline()
"""


def test_a_project_reopens_with_its_scheme_scenes_and_settings(project: Project) -> None:
    entries = project.scenes()
    project.catalogue.remember("camera", {"zoom": 2.5, "centre": [10.0, 20.0]})
    project.close()
    with Project.open(project.root) as again:
        assert again.scheme == LANDSLIDE
        assert again.settings == project.settings
        assert again.scenes() == entries
        assert [(entry.height, entry.width) for entry in entries] == [(256, 256)] * 2
        assert again.catalogue.setting("camera") == {"zoom": 2.5, "centre": [10.0, 20.0]}
        assert not again.is_read_only


def test_the_settings_are_toml_that_people_read(project: Project) -> None:
    raw = tomllib.loads((project.root / "project.toml").read_text(encoding="utf-8"))
    assert raw["name"] == "Slides"
    assert raw["annotator"] == "ada"
    assert [entry["name"] for entry in raw["scheme"]["classes"]] == ["background", "landslide"]


def test_the_world_starts_at_the_corner_of_the_first_scene(project: Project) -> None:
    first = project.scenes()[0]
    origin = project.settings.origin
    assert origin is not None
    assert (origin.x, origin.y) == (first.affine[2], first.affine[5])
    assert origin.crs_wkt == first.crs_wkt


def test_a_scene_is_added_once(project: Project, pictures: Path) -> None:
    scene = open_scene(sorted(pictures.glob("*.tif"))[0])
    assert project.add_scene(scene) == project.scenes()[0]
    assert len(project.scenes()) == 2


def test_scenes_of_one_name_get_ids_of_their_own(project: Project, pictures: Path, tmp_path: Path) -> None:
    first, second = sorted(pictures.glob("*.tif"))
    other = tmp_path / "other" / first.name
    other.parent.mkdir()
    shutil.copy(second, other)
    os.utime(other, (0, 0))
    entry = project.add_scene(open_scene(other))
    assert entry.id == f"{project.scenes()[0].id}-2"


def test_scenes_are_referred_to_by_relative_paths_so_that_folders_move_together(
    project: Project, tmp_path: Path
) -> None:
    project.close()
    (tmp_path / "elsewhere").mkdir()
    for name in ("project", "pictures"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    with Project.open(tmp_path / "elsewhere" / "project") as moved:
        for entry in moved.scenes():
            assert "elsewhere" in entry.uri
            assert moved.open_scene(entry).fingerprint == entry.fingerprint


def test_a_scene_is_read_with_the_radiometry_it_was_added_with(project: Project) -> None:
    entry = project.scenes()[0]
    assert project.open_scene(entry).radiometry == entry.facts.radiometry


def test_a_second_program_reads_and_says_who_writes(project: Project) -> None:
    project.close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "False"
        with Project.open(project.root) as second:
            assert second.is_read_only
            assert f"ada, process {other.pid}" in second.holder
            assert len(second.scenes()) == 2
            assert not second.label_store(second.scenes()[0].id).read(Window(0, 8, 0, 8)).actor.any()
            with pytest.raises(ProjectError, match=f"held by ada, process {other.pid}"):
                second.update_settings(name="Mine")
            with pytest.raises(ProjectError, match="only to read"):
                second.catalogue.remember("camera", 1)
        other.kill()
    with Project.open(project.root) as after:
        assert not after.is_read_only, "a lock that the system holds goes with its program"


def test_a_project_opened_twice_in_one_program_is_read_only_the_second_time(project: Project) -> None:
    with Project.open(project.root) as second:
        assert second.is_read_only
    with Project.open(project.root) as third:
        assert third.is_read_only, "closing a reader does not release the writer's lock"


def test_a_folder_that_is_a_project_is_not_made_into_one_again(project: Project) -> None:
    with pytest.raises(ProjectError, match="holds a project already"):
        Project.create(project.root, name="Other", scheme=CLOUD)


def test_a_folder_that_is_none_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no project\.toml.*project create"):
        Project.open(tmp_path)


def test_a_folder_left_by_an_interrupted_creation_becomes_a_project(tmp_path: Path) -> None:
    Project.create(tmp_path, name="First", scheme=CLOUD).close()
    (tmp_path / "project.toml").unlink()
    with Project.create(tmp_path, name="Second", scheme=CLOUD) as made:
        assert made.scenes() == ()


def test_a_project_without_its_catalogue_is_not_opened_as_an_empty_one(project: Project) -> None:
    project.close()
    (project.root / "catalogue.sqlite").unlink()
    with pytest.raises(ProjectError, match=r"has no catalogue.*project repair"):
        Project.open(project.root)
    assert not (project.root / "catalogue.sqlite").exists()


def test_a_project_of_a_newer_version_is_refused(project: Project) -> None:
    project.close()
    file = project.root / "project.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("format = 1", "format = 2"), encoding="utf-8")
    with pytest.raises(ProjectError, match=r"newer version \(folder format 2; this one knows 1\)"):
        Project.open(project.root)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "Slides"', 'name = ""', "name must not be empty"),
        ("window_px", "windows_px", "nearest known key is window_px"),
        ("#d55e00", "red", "#rrggbb"),
        ("[scheme]", "[scheme", "not valid"),
    ],
    ids=["no name", "unknown key", "no colour", "no TOML"],
)
def test_settings_that_are_not_valid_are_refused_in_words(
    project: Project, old: str, new: str, words: str
) -> None:
    project.close()
    file = project.root / "project.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ProjectError, match=words):
        Project.open(project.root)


def test_a_scene_that_moved_nearby_is_found_again_and_remembered(project: Project, pictures: Path) -> None:
    entry = project.scenes()[1]
    place = pictures.parent / "archive" / "2018" / "renamed.tif"
    place.parent.mkdir(parents=True)
    Path(entry.uri).rename(place)
    assert project.open_scene(entry).uri == str(place)
    assert project.scene(entry.id).uri == str(place)


def test_a_scene_that_is_nowhere_is_asked_for(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    entry = project.scenes()[0]
    far = tmp_path_factory.mktemp("far") / "copy.tif"
    shutil.copy(entry.uri, far)  # a copy: another time of change
    Path(entry.uri).unlink()
    with pytest.raises(ProjectError, match=f"--scene {entry.id}=PATH"):
        project.open_scene(entry)
    project.place_scene(entry, str(far)).close()
    assert project.open_scene(project.scene(entry.id)).uri == str(far)


def test_a_scene_that_changed_is_refused_with_what_differs(project: Project) -> None:
    first, second = project.scenes()
    with Path(first.uri).open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(bytes(100))
    with pytest.raises(ProjectError, match=r"time of change .* became .*; its pixels or tags"):
        project.open_scene(first)
    os.utime(second.uri, (0, 0))
    with pytest.raises(ProjectError, match=r"time of change .* became 1970.*a mere copy is taken with"):
        project.open_scene(second)


def test_another_scene_in_its_place_is_refused_with_what_differs(
    project: Project, write_other: Callable[[Path], Path]
) -> None:
    entry = project.scenes()[0]
    other = write_other(Path(entry.uri))
    with pytest.raises(ProjectError, match=r"size 256 x 256 px became 40 x 50 px.*bands .* became .*uint16"):
        project.open_scene(entry)
    with pytest.raises(ProjectError, match="is not scene"):
        project.place_scene(entry, str(other))


def test_a_project_folder_that_goes_while_it_is_open_is_said_and_not_made_anew(project: Project) -> None:
    shutil.move(project.root, project.root.with_name("gone"))
    with pytest.raises(OutputError, match="folder is gone"):
        project.catalogue.remember("camera", 1)
    with pytest.raises(OutputError, match="folder is gone"):
        project.update_settings(name="New")
    assert not project.root.exists()
