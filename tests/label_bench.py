"""Labels of a scene without a project: store and journal in a folder, opened as often as a test likes."""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing import Journal, Operation, Session
from napari_rsseg.editing.opening import Restored, resume
from napari_rsseg.panels.labelling import Labelling, OpenLabels
from napari_rsseg.project import LabelBlock, LabelStore, Project, Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme

HEIGHT, WIDTH = 700, 600
PERSON, MODEL = 7, 9


@dataclass
class LabelBench:
    """A folder with the labels of one scene."""

    folder: Path
    height: int = HEIGHT
    width: int = WIDTH

    @property
    def journal(self) -> Path:
        return self.folder / "journal.bin"

    @property
    def whole(self) -> Window:
        return Window.of(self.height, self.width)

    def store(self) -> LabelStore:
        return LabelStore.create(self.folder / "labels.zarr", self.height, self.width)

    @contextmanager
    def opened(self) -> Iterator[tuple[Session, Restored]]:
        """Open, and end as a program does that is killed: nothing is committed."""
        journal = Journal(self.journal)
        try:
            yield resume(self.store(), journal, PERSON)
        finally:
            journal.close()


def disc(row: int, column: int, *, radius: int = 20, class_id: int = 1) -> Operation:
    """Return a dab of the brush."""
    window = Window(row - radius, row + radius + 1, column - radius, column + radius + 1)
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return Operation("brush", window, rows**2 + columns**2 <= radius**2, class_id)


def accept(window: Window) -> Operation:
    """Return the acceptance of all of a window."""
    return Operation("accept", window, np.ones(window.shape, dtype=bool), None, Provenance.ACCEPTED)


def assert_equal(first: LabelBlock, second: LabelBlock) -> None:
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.provenance, second.provenance)
    np.testing.assert_array_equal(first.actor, second.actor)


def random_operations(seed: int) -> Iterator[Operation | str]:
    """Yield what a person might do, without end: strokes, pasted labels, bulk acceptance, undo and redo."""
    random = np.random.default_rng(seed)
    while True:
        row, column = (int(value) for value in random.integers(-20, (HEIGHT + 20, WIDTH + 20)))
        choice = random.random()
        if choice < 0.2:
            yield "undo" if choice < 0.14 else "redo"
        elif choice < 0.25:
            yield accept(Window(row, row + int(random.integers(1, 400)), column, column + 200))
        elif choice < 0.35:
            window = Window(row, row + 60, column, column + 90)
            labels = random.integers(0, 3, window.shape, dtype=np.uint8)
            yield Operation("copy", window, random.random(window.shape) < 0.5, labels)
        else:
            radius, class_id = int(random.integers(1, 40)), int(random.choice([0, 1, 2, 255]))
            yield disc(row, column, radius=radius, class_id=class_id)


def do(session: Session, action: Operation | str) -> bool:
    """Do one of them; return whether anything changed."""
    if isinstance(action, Operation):
        return session.apply(action) is not None
    return (session.undo() if action == "undo" else session.redo()) is not None


@dataclass
class PlainLabels:
    """The same by plain arrays, each state kept: what sessions are compared with."""

    states: list[LabelBlock] = field(default_factory=lambda: [LabelBlock.empty(HEIGHT, WIDTH)])
    undone: list[LabelBlock] = field(default_factory=list)

    def do(self, action: Operation | str) -> bool:
        """Do an action; return whether anything changed."""
        if action == "undo" and len(self.states) > 1:
            self.undone.append(self.states.pop())
            return True
        if action == "redo" and self.undone:
            self.states.append(self.undone.pop())
            return True
        if not isinstance(action, Operation):
            return False
        whole = Window.of(HEIGHT, WIDTH)
        inside = action.window.intersection(whole)
        now = self.states[-1]
        new = LabelBlock(now.labels.copy(), now.provenance.copy(), now.actor.copy())
        place, part = inside.slices, inside.within(action.window).slices
        where = action.where[part]
        if isinstance(action.labels, np.ndarray):
            new.labels[place][where] = action.labels[part][where]
        elif action.labels is not None:
            new.labels[place][where] = action.labels
        new.provenance[place][where] = action.provenance
        new.actor[place][where] = PERSON
        pairs = ((new.labels, now.labels), (new.provenance, now.provenance), (new.actor, now.actor))
        if all((made == was).all() for made, was in pairs):
            return False
        self.states.append(new)
        self.undone = []
        return True


def labelling_in(folder: Path, scheme: Scheme, height: int, width: int) -> Labelling:
    """Return labels whose project lies in a folder."""

    def open_labels() -> OpenLabels:
        root = folder / "project"
        is_there = (root / "project.toml").exists()
        project = Project.open(root) if is_there else Project.create(root, name="labels", scheme=scheme)
        store = LabelStore.create(folder / "labels.zarr", height, width)
        session, _ = resume(store, Journal(folder / "journal.bin"), project.catalogue.actor("person", "Anna"))
        weakref.finalize(session, project.close)
        return OpenLabels(project, session)

    return Labelling(scheme, height, width, open_labels)


def paint(labelling: Labelling, window: Window, labels: object) -> None:
    """Change labels as a hand does: only where they become others."""
    given = np.broadcast_to(np.asarray(labels, np.uint8), window.shape)
    where = given != labelling.read_labels(window)
    labelling.apply(Operation("brush", window, where, np.array(given)))
