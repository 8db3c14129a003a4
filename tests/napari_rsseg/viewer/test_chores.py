from __future__ import annotations

from napari_rsseg.viewer.chores import Chores


def test_pieces_are_done_one_by_one_in_order() -> None:
    chores, done = Chores(), []
    told: list[int] = []
    chores.added.connect(lambda: told.append(len(chores)))
    chores.add(lambda: done.append("a"), lambda: done.append("b"))
    assert told == [2]
    chores.do_next()
    assert (done, len(chores)) == (["a"], 1)


def test_doing_all_includes_what_a_piece_adds() -> None:
    chores, done = Chores(), []
    chores.add(lambda: chores.add(lambda: done.append("later")))
    chores.do_all()
    assert done == ["later"]
    chores.do_next()
    assert len(chores) == 0
