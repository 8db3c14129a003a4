"""What painting costs: the plugin's share of a stroke, frames beside plain napari, memory, the journal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.editing import Journal, Kind
from tests.label_bench import LabelBench, disc

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.bench
ROOT, RUN = Path(__file__).parents[2], Path(__file__).with_name("painting_run.py")


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def write(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return write


def measured(*words: object) -> Any:
    done = subprocess.run(
        [sys.executable, str(RUN), *map(str, words)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("side", [2048, 8192, 50_000])
def test_milliseconds_of_a_stroke_and_memory(tell: Callable[[str], None], side: int) -> None:
    ours, plain = measured(side), measured(side, "--plain")
    first, last = ours["first_ms"], ours["last_ms"]
    own, own_last = ours["first_own_ms"], ours["last_own_ms"]
    frame, theirs = ours["frame_ms"], plain["frame_ms"]
    tell(
        f"{side} x {side}: the plugin's share of a stroke at its release (handler, journal, pages): "
        f"p50 {first['p50']:.2f}, p95 {first['p95']:.2f} ms (aim 5), of the processor {own['p50']:.2f} and "
        f"{own['p95']:.2f}; after 10 000 strokes {last['p50']:.2f} and {last['p95']:.2f}, of the processor "
        f"{own_last['p50']:.2f} and {own_last['p95']:.2f}: {own_last['p50'] / own['p50'] - 1:+.0%} in the "
        f"median (aim +10 %). Mouse event to frame p50 {frame['p50']:.0f}, p95 {frame['p95']:.0f} ms; plain "
        f"napari {theirs['p50']:.0f} and {theirs['p95']:.0f}: ratio {frame['p50'] / theirs['p50']:.2f} "
        f"(aim 1.2 at 2048). Memory of the window {ours['memory_bytes'] / 1e9:.2f} GB (aim 1.5), of plain "
        f"napari {plain['memory_bytes'] / 1e9:.2f}. {ours['applied_per_s']:.0f} strokes/s through the "
        f"session, {ours['journal_bytes_per_stroke']:.0f} bytes each in the journal"
    )


def test_entries_per_second_of_the_journal(tell: Callable[[str], None], tmp_path: Path) -> None:
    bench, count = LabelBench(tmp_path / "scene"), 5000
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
        patches = session.journal.read(session.journal.steps.undo).patches()
    journal = Journal(tmp_path / "journal.bin")
    begun = perf_counter()
    for _ in range(count):
        journal.append(Kind.STEP, patches, tool="brush", actor=1)
    took = perf_counter() - begun
    journal.close()
    tell(f"journal: {count / took:.0f} entries/s, {journal.size / took / 1e6:.1f} MB/s, a brush of 41 pixels")
