"""A journal written again says the same with other numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing import Record, check_journal, read_journal
from napari_rsseg.jobs.journal_rewriting import rewrite_journal, same_actors, same_classes

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tables_that_change_nothing_give_the_same_bytes(edited: Path, tmp_path: Path) -> None:
    source, target = edited / "scenes/b/journal.bin", tmp_path / "journal.bin"
    assert rewrite_journal(source, target, actors=same_actors(), classes=same_classes()) == 40
    assert target.read_bytes() == source.read_bytes()


def test_every_number_is_told_by_its_table(edited: Path, tmp_path: Path) -> None:
    source, target = edited / "scenes/b/journal.bin", tmp_path / "journal.bin"
    actors, classes = same_actors(), same_classes()
    actors[1], classes[:2] = 300, (7, 3)
    rewrite_journal(source, target, actors=actors, classes=classes)
    assert check_journal(target) == ()
    for old, new in zip(read_journal(source), read_journal(target), strict=True):
        assert isinstance(old, Record)
        assert isinstance(new, Record)
        assert new.actor == actors[old.actor]
        assert new.class_id == classes[old.class_id]
        for before, after in zip(old.patches(), new.patches(), strict=True):
            np.testing.assert_array_equal(after.new.labels, classes[before.new.labels])
            np.testing.assert_array_equal(after.old.actor, actors[before.old.actor])
