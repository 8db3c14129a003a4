"""The journal: written before a change counts, whole up to the last entry whatever happens to the file."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_rsseg.editing import Journal, Kind, Record, check_journal, read_journal
from napari_rsseg.editing.journal_reading import MAGIC
from napari_rsseg.editing.record import Patch, Values
from napari_rsseg.errors import ProjectError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path


def patch(row: int, class_id: int = 1) -> Patch:
    """Return four pixels of which three change."""
    where = np.array([[True, False], [True, True]])
    old = Values(np.full(3, 255, np.uint8), np.zeros(3, np.uint8), np.zeros(3, np.uint16))
    new = Values(np.full(3, class_id, np.uint8), np.full(3, 2, np.uint8), np.full(3, 300, np.uint16))
    return Patch(Window(row, row + 2, 5, 7), where, old, new)


def write(path: Path, entries: int) -> list[int]:
    """Write entries and return where each ends."""
    ends = []
    journal = Journal(path)
    for number in range(entries):
        journal.append(Kind.STEP, [patch(number), patch(number + 600)], tool="brush", actor=300)
        ends.append(journal.size)
    journal.close()
    return ends


def records(path: Path) -> list[Record]:
    return [found for found in read_journal(path) if isinstance(found, Record)]


def test_an_entry_says_who_did_what_when_and_where(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.bin", clock=lambda: 1_000)
    journal.append(Kind.STEP, [patch(3, 2), patch(600, 2)], tool="Füllen", actor=300)
    journal.close()
    (record,) = records(tmp_path / "journal.bin")
    assert (record.sequence, record.kind, record.tool, record.actor) == (1, Kind.STEP, "Füllen", 300)
    assert record.class_id == 2
    assert record.window == Window(3, 602, 5, 7)
    assert record.time_ns >= 1_000
    first, second = record.patches()
    assert first.window == Window(3, 5, 5, 7)
    assert (first.where == patch(3).where).all()
    assert second.new.actor.tolist() == [300, 300, 300]
    assert second.old.labels.tolist() == [255, 255, 255]


def test_numbers_go_on_where_the_file_ends(tmp_path: Path) -> None:
    write(tmp_path / "journal.bin", 3)
    journal = Journal(tmp_path / "journal.bin")
    assert journal.append(Kind.STEP, [patch(0)], tool="fill", actor=1).sequence == 4
    assert journal.append(Kind.STEP, [patch(0)], tool="fill", actor=1, after=9).sequence == 10
    journal.close()


def test_times_never_go_back_whatever_the_clock_does(tmp_path: Path) -> None:
    path, times = tmp_path / "journal.bin", []
    for now in (10**18, 5 * 10**17, 2 * 10**18, 0):  # set back by years, forward, and to 1970
        journal = Journal(path, clock=lambda now=now: now)  # type: ignore[misc]
        times += [journal.append(Kind.STEP, [patch(0)], tool="b", actor=1).time_ns for _ in range(3)]
        journal.close()
    assert times == sorted(set(times))


def test_a_journal_cut_at_every_byte_keeps_all_whole_entries_and_says_what_it_dropped(tmp_path: Path) -> None:
    path = tmp_path / "journal.bin"
    ends = write(path, 4)
    whole = path.read_bytes()
    for size in range(len(MAGIC), len(whole) + 1):
        path.write_bytes(whole[:size])
        kept = sum(end <= size for end in ends)
        journal = Journal(path)
        assert journal.sequence == kept
        is_clean = size in (len(MAGIC), *ends)
        assert [damage.is_tail for damage in journal.damage] == ([] if is_clean else [True])
        journal.append(Kind.STEP, [patch(9)], tool="brush", actor=1)
        journal.close()
        assert [record.sequence for record in records(path)] == list(range(1, kept + 2))
        assert check_journal(path) == ()


@pytest.mark.parametrize("size", range(len(MAGIC)))
def test_a_journal_cut_in_its_first_bytes_begins_anew(tmp_path: Path, size: int) -> None:
    path = tmp_path / "journal.bin"
    path.write_bytes(MAGIC[:size])
    write(path, 1)
    assert len(records(path)) == 1


@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_costs_one_entry_at_most_and_check_finds_it(
    tmp_path_factory: pytest.TempPathFactory, place: float, bit: int
) -> None:
    path = tmp_path_factory.mktemp("flip") / "journal.bin"
    ends = write(path, 4)
    data = bytearray(path.read_bytes())
    byte = int(place * len(data))
    data[byte] ^= 1 << bit
    path.write_bytes(data)
    hit = sum(end <= byte for end in ends) + 1 if byte >= len(MAGIC) else 0
    assert [record.sequence for record in records(path)] == [n for n in (1, 2, 3, 4) if n != hit]
    (damage,) = check_journal(path)
    assert damage.start <= byte < damage.stop
    assert damage.is_tail == (hit == 4)
    journal = Journal(path)  # goes on behind what is whole
    journal.append(Kind.STEP, [patch(9)], tool="brush", actor=1)
    journal.close()
    assert records(path)[-1].tool == "brush"


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.bin"
    path.write_bytes(b"RSSEGJ2\n" + b"something else")
    with pytest.raises(ProjectError, match="version 2"):
        Journal(path)
    assert path.read_bytes().endswith(b"something else")


def test_a_read_only_journal_is_read_and_refuses_entries(tmp_path: Path) -> None:
    path = tmp_path / "journal.bin"
    ends = write(path, 2)
    path.write_bytes(path.read_bytes()[: ends[1] - 3])
    before = path.read_bytes()
    journal = Journal(path, is_read_only=True)
    assert journal.sequence == 1
    with pytest.raises(ProjectError, match="open only to read"):
        journal.append(Kind.STEP, [patch(0)], tool="brush", actor=1)
    journal.close()
    assert path.read_bytes() == before


def test_what_is_written_reaches_the_disk_within_a_second_without_being_asked(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.bin")
    journal.append(Kind.STEP, [patch(0)], tool="brush", actor=1)
    assert journal.synced_size < journal.size
    while journal.synced_size < journal.size:
        time.sleep(0.05)
    journal.close()


def test_entries_are_refused_once_the_disk_refuses_to_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.bin")
    journal.append(Kind.STEP, [patch(0)], tool="brush", actor=1)
    with monkeypatch.context() as patched:

        def refuse(handle: int) -> None:
            raise OSError(5, "Input/output error")

        patched.setattr(os, "fsync", refuse)
        with pytest.raises(ProjectError, match="Input/output error"):
            journal.sync()
    with pytest.raises(ProjectError, match="Input/output error"):
        journal.append(Kind.STEP, [patch(0)], tool="brush", actor=1)
    journal.close()


def test_a_damaged_step_ends_the_history_in_words(tmp_path: Path) -> None:
    path = tmp_path / "journal.bin"
    write(path, 1)
    journal = Journal(path)
    with pytest.raises(ProjectError, match="so the history ends here"):
        journal.read(3)
    journal.close()
