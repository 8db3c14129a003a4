from __future__ import annotations

import threading

import pytest

from napari_rsseg.engine.forward_thread import ForwardThread


def test_what_has_the_lowest_rank_runs_first_and_equals_in_their_order() -> None:
    done: list[str] = []
    gate = threading.Event()
    with ForwardThread() as thread:
        thread.submit(0, gate.wait)
        for rank, name in ((2, "third"), (1, "first"), (1, "second")):
            thread.submit(rank, done.append, name)
        gate.set()
    assert done == ["first", "second", "third"]


def test_errors_reach_the_one_who_waits_and_the_thread_goes_on() -> None:
    with ForwardThread() as thread:
        failing = thread.submit(0, int, "no number")
        with pytest.raises(ValueError, match="no number"):
            failing.result()
        assert thread.submit(0, int, "7").result() == 7
