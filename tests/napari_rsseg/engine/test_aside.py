"""Errands that may hang, and the cancelling that does not wait for them."""

from __future__ import annotations

import threading

import pytest

from napari_rsseg.engine.aside import Cancellation, Cancelled


def test_an_errand_gives_its_result_or_raises_what_it_raised() -> None:
    stop = Cancellation()
    assert stop.unless_said(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        stop.unless_said(lambda: 1 // 0)
    assert not stop.is_said


def test_cancelling_does_not_wait_for_an_errand_that_hangs() -> None:
    stop, released = Cancellation(), threading.Event()
    threading.Timer(0.05, stop.say).start()
    with pytest.raises(Cancelled):
        stop.unless_said(released.wait)
    released.set()


def test_what_is_said_twice_is_said_and_wakes_who_waits() -> None:
    stop = Cancellation()
    stop.say()
    stop.say()
    assert stop.is_said
    stop.wait(1e6)
