from __future__ import annotations

from napari.utils.progress import progress

from napari_rsseg.viewer.activity import Activity


def test_a_bar_follows_the_run_and_goes_with_it() -> None:
    activity, before = Activity(), len(progress._all_instances)
    activity.follow(running=True, done=0, total=0, words="Segment scene")
    activity.follow(running=True, done=3, total=8, words="Segment scene")
    (bar,) = set(progress._all_instances) - set() if before == 0 else list(progress._all_instances)[-1:]
    assert (bar.n, bar.total) == (3, 8)
    activity.follow(running=False, done=8, total=8, words="")
    assert len(progress._all_instances) == before
