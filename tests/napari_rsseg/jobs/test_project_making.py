"""Files become scenes of a project one by one, whatever the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs.project_making import add_scenes
from napari_rsseg.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def test_what_cannot_be_read_is_said_and_the_rest_is_added(edited: Path, pictures: Path) -> None:
    (pictures / "c.tif").write_bytes(b"II*\0")
    with Project.open(edited) as project:
        names = [str(pictures / name) for name in ("c.tif", "none.tif", "a.tif")]
        broken, missing, known = add_scenes(project, names)
        assert len(project.scenes()) == 2
    assert "c.tif" in broken.problem
    assert "no file" in missing.problem
    assert known.entry is not None
    assert known.entry.id == "a"


def test_nothing_is_added_to_a_project_that_somebody_holds(edited: Path, pictures: Path) -> None:
    with (
        Project.open(edited),
        Project.open(edited) as second,
        pytest.raises(ProjectError, match="held by ada"),
    ):
        list(add_scenes(second, [str(pictures / "a.tif")]))
