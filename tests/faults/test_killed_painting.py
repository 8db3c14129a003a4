"""Killed at any instant, cut from power, on a full disk: no completed stroke is lost."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from itertools import islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.editing import Journal, Session
from napari_rsseg.editing.opening import resume
from napari_rsseg.errors import ProjectError
from tests.label_bench import PERSON, LabelBench, PlainLabels, assert_equal, disc, do, random_operations

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
RUN = Path(__file__).with_name("painting_run.py")
KILLS = [*range(5), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 100))]


def start(*words: object, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, str(RUN), *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def killed(folder: Path, seed: int, first: int, wait_s: float) -> int:
    """Let a program edit, kill it at an instant, and return how many actions it had completed."""
    child = start(folder, seed, first)
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, child.stderr and child.stderr.read()
    time.sleep(wait_s)
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    whole = [text for text in (line + rest).split("\n")[:-1] if text]
    return int(whole[-1])


def compare(session: Session, seed: int, completed: int) -> int:
    """Find labels and history as after the completed actions, or one that was journalled but not yet told."""
    plain, actions = PlainLabels(), random_operations(seed)
    changes = sum(plain.do(action) for action in islice(actions, completed))
    while changes < session.journal.sequence:
        completed += 1
        changes += plain.do(next(actions))
        assert completed
    assert changes == session.journal.sequence
    whole = session.labels.window
    assert_equal(session.labels.read(whole), plain.states[-1])
    assert session.undo_count == len(plain.states) - 1
    return completed


@pytest.mark.parametrize("seed", KILLS)
def test_a_killed_program_loses_no_completed_stroke_twice_in_a_row(tmp_path: Path, seed: int) -> None:
    bench, instants = LabelBench(tmp_path / "scene"), random.Random(seed)
    completed = 0
    for _ in range(2):
        told = killed(bench.folder, seed, completed, instants.uniform(0, 0.3))
        with bench.opened() as (session, _):
            completed = compare(session, seed, told)
            assert completed - told <= 1
    plain = PlainLabels()
    for action in islice(random_operations(seed), completed):
        plain.do(action)
    with bench.opened() as (session, _):
        for depth, state in reversed(list(enumerate(plain.states[:-1]))):
            session.undo()
            if depth % 10 == 0:
                assert_equal(session.labels.read(bench.whole), state)


@pytest.mark.parametrize("seed", range(3))
def test_a_power_cut_leaves_what_was_synced_in_journal_and_store(tmp_path: Path, seed: int) -> None:
    bench, chance = LabelBench(tmp_path / "scene"), random.Random(seed)
    journal = Journal(bench.journal)
    session, _ = resume(bench.store(), journal, PERSON)
    saved = shutil.copytree(bench.folder, tmp_path / "saved")
    for number, action in enumerate(islice(random_operations(seed), 60), 1):
        do(session, action)
        if chance.random() < 0.2:
            journal.sync()
        if chance.random() < 0.1:
            session.labels.flush()  # pages that no commit vouches for yet
        if chance.random() < 0.1:
            session.commit()
            shutil.rmtree(saved)
            shutil.copytree(bench.folder, saved)
        if number % 12 == 0:
            synced = journal.synced_size
            for source in (bench.folder, saved):  # pages reached the disk, or did not
                cut = shutil.copytree(source, tmp_path / f"cut{number}{source.name}")
                (cut / "journal.bin").write_bytes(bench.journal.read_bytes()[:synced])
                with LabelBench(cut).opened() as (found, restored):
                    assert restored.damage == ()
                    compare(found, seed, 0)
    journal.close()


def test_a_full_disk_refuses_the_stroke_and_keeps_all_before(small_disk: Callable[[str], Path]) -> None:
    bench = LabelBench(small_disk("1m") / "scene")
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
        filler = bench.folder / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            file.writelines(repeat(bytes(4096)))
        refused = None
        for place in range(150, 600):
            before = session.labels.read(bench.whole)
            try:
                session.apply(disc(place, place % 500))
            except ProjectError as error:
                refused = error
                break
        assert refused is not None
        assert "No space left on device" in refused.found
        assert "Free space on that disk" in refused.remedy
        assert_equal(session.labels.read(bench.whole), before)
        filler.unlink()
        assert session.apply(disc(400, 400)) is not None
        before = session.labels.read(bench.whole)
    with bench.opened() as (session, restored):
        assert restored.damage == ()
        assert_equal(session.labels.read(bench.whole), before)


def test_an_entry_that_fits_only_in_part_is_taken_back_whole(tmp_path: Path) -> None:
    bench = LabelBench(tmp_path / "scene")
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
        size, limits = bench.journal.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, limits[1]))
        try:
            with pytest.raises(ProjectError, match="File too large"):
                session.apply(disc(200, 200))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert bench.journal.stat().st_size == size
        assert session.apply(disc(200, 200)) is not None


def test_a_folder_without_rights_is_named(tmp_path: Path) -> None:
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and setpriv, which can take that right away, is missing")
        prefix = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")
    bench = LabelBench(tmp_path / "scene")
    bench.store()
    bench.folder.chmod(0o555)
    child = start(bench.folder, 0, 0, prefix=prefix)
    _, told = child.communicate()
    bench.folder.chmod(0o755)
    assert child.returncode == 2, told
    assert f"The journal {bench.journal} cannot be written (Permission denied)" in told
    assert "make its folder writable" in told
