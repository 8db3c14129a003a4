"""The list of projects that were opened lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.project import Project, forget_recent, recent_projects, remember_recent
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))


def visit(root: Path) -> Path:
    if (root / "project.toml").exists():
        project = Project.open(root)
    else:
        project = Project.create(root, name=root.name, scheme=LANDSLIDE)
    with project:
        remember_recent(project)
    return root


def test_the_project_opened_last_comes_first_and_each_once(tmp_path: Path) -> None:
    first, second = visit(tmp_path / "first"), visit(tmp_path / "second")
    assert [entry.root for entry in recent_projects()] == [second, first]
    visit(first)
    assert [(entry.root, entry.name, entry.scheme) for entry in recent_projects()] == [
        (first, "first", "landslide"),
        (second, "second", "landslide"),
    ]
    forget_recent(first)
    assert [entry.root for entry in recent_projects()] == [second]


def test_a_folder_that_is_gone_is_listed_as_such(tmp_path: Path) -> None:
    root = visit(tmp_path / "away")
    root.rename(tmp_path / "elsewhere")
    (entry,) = recent_projects()
    assert not entry.is_there


def test_projects_that_nobody_made_stay_out() -> None:
    visit(cache_folder() / "projects" / "00ff-landslide")
    assert recent_projects() == ()


def test_a_damaged_list_is_no_obstacle(tmp_path: Path) -> None:
    root = visit(tmp_path / "first")
    (tmp_path / "config" / "recent-projects.json").write_text("{", encoding="utf-8")
    assert recent_projects() == ()
    visit(root)
    assert len(recent_projects()) == 1
