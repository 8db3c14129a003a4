"""Several annotators on one project: copies with windows of their own, brought back without a loss."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs.project_assigning import Part, assign_project, shared_out
from napari_rsseg.jobs.project_check import check_project
from napari_rsseg.jobs.project_merging import Merge, merge_projects
from napari_rsseg.project import LabelBlock, Project
from napari_rsseg.project.parts import annotators_of, writable_area
from napari_rsseg.review.queue import ReviewQueue
from napari_rsseg.review.states import State
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.review.queue import QueueEntry

WHOLE = Window.of(1100, 900)


def assign(root: Path, *names: str, overlap: float = 0.0) -> tuple[Part, ...]:
    with Project.open(root) as project:
        return assign_project(project, names, overlap=overlap)


def windows_of(root: Path, annotator: str, *, blind: bool) -> list[QueueEntry]:
    with Project.open(root) as project:
        queue = ReviewQueue(project.catalogue, annotator)
        return [
            entry
            for entry in queue.of_scene("b")
            if annotator in annotators_of(entry.assigned_to) and entry.is_blind is blind
        ]


def fill(root: Path, windows: list[QueueEntry], value: int, *, done: bool = True) -> None:
    """Paint whole windows with one class, and accept them."""
    with Project.open(root) as project:
        session, _ = open_session(project, project.scene("b"))
        queue = ReviewQueue(project.catalogue, project.annotator)
        for entry in windows:
            where = np.ones(entry.window.shape, np.bool_)
            session.apply(Operation("brush", entry.window, where, value))
            if done:
                queue.change([entry.id], State.CORRECTED)
        session.close()


def merge(root: Path, *parts: Path) -> Merge:
    with Project.open(root) as project:
        return merge_projects(project, parts)


def labels_of(root: Path) -> LabelBlock:
    with Project.open(root) as project:
        return project.label_store("b").read(WHOLE)


@given(count=st.integers(1, 300), names=st.integers(2, 5), overlap=st.floats(0, 1, allow_nan=False))
def test_every_window_is_somebody_s_and_the_overlap_is_as_asked(
    count: int, names: int, overlap: float
) -> None:
    people = tuple("abcde"[:names])
    shares = shared_out(range(10, 10 + count), people, overlap)
    assert sorted(shares) == list(range(10, 10 + count))
    twice = [given for given in shares.values() if len(given) == 2]
    assert len(twice) == round(overlap * count)
    assert all(len(set(given)) == len(given) <= 2 for given in shares.values())
    alone = Counter(given[0] for given in shares.values() if len(given) == 1)
    assert max(alone.values(), default=0) - min((alone[name] for name in people), default=0) <= 1


def test_copies_open_their_scenes_and_have_disjoint_windows(edited: Path) -> None:
    parts = assign(edited, "ada", "bob")
    areas = []
    for part in parts:
        assert check_project(part.root) == ()
        with Project.open(part.root) as copy:
            assert copy.annotator == part.annotator
            assert all(copy.open_scene(entry) for entry in copy.scenes())
            area = writable_area(copy, "b")
            assert area is not None
            areas.append(area.mask(WHOLE))
            np.testing.assert_array_equal(copy.label_store("b").read(WHOLE).labels, labels_of(edited).labels)
    assert not (areas[0] & areas[1]).any()
    assert (areas[0] | areas[1]).all()
    with Project.open(edited) as project:
        assert writable_area(project, "b") is None


def test_what_each_did_alone_comes_back_with_who_did_it(edited: Path) -> None:
    ada, bob = assign(edited, "ada", "bob")
    before = labels_of(edited)
    fill(ada.root, windows_of(ada.root, "ada", blind=False)[:1], 1)
    fill(bob.root, windows_of(bob.root, "bob", blind=False)[:1], 0)
    said = merge(edited, ada.root, bob.root)
    assert said.conflicts == ()
    after = labels_of(edited)
    (one,), (two,) = (windows_of(edited, name, blind=False)[:1] for name in ("ada", "bob"))
    assert (after.labels[one.window.slices] == 1).all()
    assert (after.labels[two.window.slices] == 0).all()
    assert {one.state, two.state} == {State.CORRECTED}
    elsewhere = np.ones(WHOLE.shape, np.bool_)
    elsewhere[one.window.slices] = elsewhere[two.window.slices] = False
    np.testing.assert_array_equal(after.labels[elsewhere], before.labels[elsewhere])
    with Project.open(edited) as project:
        names = {row["id"]: row["name"] for row in project.catalogue.rows("SELECT id, name FROM actors")}
        assert {names[actor] for actor in np.unique(after.actor[two.window.slices])} == {"bob"}
        assert [event.who for event in ReviewQueue(project.catalogue, "x").history(two.id)] == ["bob"]


def test_merging_again_changes_nothing_and_takes_what_came_since(edited: Path) -> None:
    (ada,) = assign(edited, "ada")
    own = windows_of(ada.root, "ada", blind=False)
    fill(ada.root, own[:1], 1)
    merge(edited, ada.root)
    first = labels_of(edited)
    again = merge(edited, ada.root)
    assert again.pixels == {"ada": 0}
    np.testing.assert_array_equal(labels_of(edited).labels, first.labels)
    fill(ada.root, own[:1], 0)
    assert merge(edited, ada.root).conflicts == ()
    assert (labels_of(edited).labels[own[0].window.slices] == 0).all()
    with Project.open(edited) as project:
        assert len(ReviewQueue(project.catalogue, "x").history(own[0].id)) == 1, "no event came twice"


def test_what_the_lead_changed_meanwhile_is_a_conflict_and_both_are_kept(edited: Path) -> None:
    (ada,) = assign(edited, "bob")
    (entry, *_) = windows_of(ada.root, "bob", blind=False)
    fill(ada.root, [entry], 1)
    corner = Window(entry.window.row_start, entry.window.row_start + 10, entry.window.column_start, 10)
    with Project.open(edited) as project:
        session, _ = open_session(project, project.scene("b"))
        session.apply(Operation("brush", corner, np.ones(corner.shape, np.bool_), 0))
        session.close()
    said = merge(edited, ada.root)
    (conflict,) = said.conflicts
    assert conflict.annotators == ("ada", "bob")
    after = labels_of(edited)
    assert 0 < conflict.pixels <= 100
    assert (after.labels[corner.slices] == 0).sum() >= conflict.pixels
    with Project.open(ada.root) as copy:
        assert (copy.label_store("b").read(corner).labels == 1).all()
    assert merge(edited, ada.root).conflicts == (conflict,), "it stays listed until it is settled"


def test_shared_windows_stay_hidden_until_both_are_done(edited: Path) -> None:
    ada, bob = assign(edited, "ada", "bob", overlap=1.0)
    before = labels_of(edited)
    shared = windows_of(edited, "ada", blind=True)
    assert len(shared) == 6
    assert {entry.assigned_to for entry in shared} == {"ada,bob"}
    fill(ada.root, windows_of(ada.root, "ada", blind=True), 1)
    said = merge(edited, ada.root)
    assert said.waiting == 6
    np.testing.assert_array_equal(labels_of(edited).labels, before.labels)
    fill(bob.root, windows_of(bob.root, "bob", blind=True)[:3], 1)
    fill(bob.root, windows_of(bob.root, "bob", blind=True)[3:5], 0)
    said = merge(edited, bob.root)
    assert said.waiting == 1
    assert [(one.annotators, one.pixels) for one in said.conflicts] == [
        (("ada", "bob"), entry.window.height * entry.window.width) for entry in shared[3:5]
    ]
    after = labels_of(edited)
    for entry in shared[:3]:
        assert (after.labels[entry.window.slices] == 1).all()
    for entry in shared[3:]:
        np.testing.assert_array_equal(after.labels[entry.window.slices], before.labels[entry.window.slices])
    with Project.open(edited) as project:
        states = [entry.state for entry in ReviewQueue(project.catalogue, "x").of_scene("b")]
        assert states[:5] == [State.ACCEPTED] * 3 + [State.FLAGGED] * 2


def test_windows_that_are_done_or_given_are_not_given_again(edited: Path) -> None:
    assign(edited, "ada")
    with pytest.raises(ProjectError, match="is there already"):
        assign(edited, "ada")
    with pytest.raises(ProjectError, match="done or assigned"):
        assign(edited, "bob")


@pytest.mark.parametrize(
    ("names", "overlap", "words"),
    [
        ((), 0.0, "cannot be told apart"),
        (("ada", "Ada"), 0.0, "cannot be told apart"),
        (("ada", "!"), 0.0, "no name of an annotator"),
        (("ada",), 0.1, "at least two annotators"),
        (("ada", "bob"), 1.5, "150%"),
    ],
)
def test_annotators_that_cannot_share_are_refused(
    edited: Path, names: tuple[str, ...], overlap: float, words: str
) -> None:
    with pytest.raises(ProjectError, match=words):
        assign(edited, *names, overlap=overlap)


def test_a_copy_of_another_project_is_refused(edited: Path, tmp_path: Path) -> None:
    with Project.open(edited) as project:
        other = Project.create(tmp_path / "other", name="Other", scheme=project.scheme)
        other.close()
        with pytest.raises(ProjectError, match="is no annotator's copy"):
            merge_projects(project, [other.root])
