"""``napari-rsseg review``: which windows to look at next, what was decided, and a report of it all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.cli.options import Device, DeviceOption, JsonOption, ProjectOption, SchedulerOption
from napari_rsseg.cli.reporting import note, print_json, progress_bar, stdout_console
from napari_rsseg.cli.review_decisions import accept, adjudicate, comment, first, flag, gold, send_back
from napari_rsseg.cli.review_lead import agreement, check, report, sample
from napari_rsseg.cli.review_words import entry_facts
from napari_rsseg.review.states import Order, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.project import Project
    from napari_rsseg.review import QueueEntry, QueueMaker, ReviewQueue

__all__ = ["review_app"]

review_app = typer.Typer(
    help="See what to look at next, decide on windows, compare annotators, report.", no_args_is_help=True
)
_EXAMPLE = "Example: napari-rsseg review"
review_app.command("accept", epilog=f"{_EXAMPLE} accept 12 13 --project slides")(accept)
review_app.command("send-back", epilog=f'{_EXAMPLE} send-back 12 --project slides --why "scar is cut"')(
    send_back
)
review_app.command("flag", epilog=f'{_EXAMPLE} flag 12 --project slides --why "cloud or snow?"')(flag)
review_app.command("comment", epilog=f'{_EXAMPLE} comment 12 "see the 2018 image" --project slides')(comment)
review_app.command("first", epilog=f"{_EXAMPLE} first 12 --project slides")(first)
review_app.command("gold", epilog=f"{_EXAMPLE} gold 12 13 --project slides")(gold)
review_app.command("adjudicate", epilog=f"{_EXAMPLE} adjudicate 12 --project slides --winner slides-ada")(
    adjudicate
)
review_app.command("sample", epilog=f"{_EXAMPLE} sample --project slides --places 200")(sample)
review_app.command("check", epilog=f"{_EXAMPLE} check --project slides --fix")(check)
review_app.command(
    "agreement", epilog=f"{_EXAMPLE} agreement --project slides --with slides-ada --with slides-ben"
)(agreement)
review_app.command("report", epilog=f"{_EXAMPLE} report --project slides --out report")(report)

OrderOption = Annotated[Order, typer.Option("--order", help="Which windows come first.")]
_LEARNING = (Order.LIKELY_WRONG, Order.DIVERSE, Order.VALUABLE)


@review_app.command("queue", epilog=f"{_EXAMPLE} queue --project slides --order likely-wrong --limit 20")
def list_queue(  # noqa: PLR0913 - each is an option of the command
    project: ProjectOption,
    order: OrderOption = Order.LIKELY_WRONG,
    state: Annotated[
        list[State] | None, typer.Option("--state", help="Only windows in this state; may be given again.")
    ] = None,
    scene: Annotated[str, typer.Option("--scene", metavar="ID", help="Only windows of this scene.")] = "",
    with_comments: Annotated[
        bool, typer.Option("--with-comments", help="Only windows with comments.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="List so many at most.")] = 20,
    again: Annotated[bool, typer.Option("--again", help="Compute the order anew.")] = False,
    device: DeviceOption = Device.auto,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """List windows in an order, computed the first time it is asked for."""
    from napari_rsseg.review import Filter

    with _queue(project, device.value, scheduler) as (opened, queue, maker):
        _rank(opened, queue, maker, order, again=again)
        wanted = Filter(states=tuple(state or ()), scene=scene, with_comments=with_comments)
        ids = queue.ids(order, wanted)
        entries, values = queue.entries(ids[:limit]), queue.scores(order)
        counts = queue.counts(Filter(scene=scene))
    if as_json:
        rows = [{**entry_facts(entry), "value": values.get(entry.id)} for entry in entries]
        states = {each.value: number for each, number in counts.items()}
        print_json({"order": order.value, "found": len(ids), "states": states, "windows": rows})
        return
    _print_table(entries, values)
    stdout_console().print(
        f"{len(ids):,} windows; " + ", ".join(f"{n:,} {each.value}" for each, n in counts.items() if n)
    )


@review_app.command("next", epilog=f"{_EXAMPLE} next --project slides --json")
def show_next(
    project: ProjectOption,
    order: OrderOption = Order.LIKELY_WRONG,
    after: Annotated[
        int | None, typer.Option("--after", metavar="ID", help="The one after this window in the order.")
    ] = None,
    device: DeviceOption = Device.auto,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the next window that nobody has done; orders that learn are computed with what is done now."""
    from napari_rsseg.review import DONE, Filter

    open_states = tuple(each for each in State if each not in DONE)
    with _queue(project, device.value, scheduler) as (opened, queue, maker):
        _rank(opened, queue, maker, order, again=order in _LEARNING)
        ids = queue.ids(order, Filter(states=open_states))
        place = ids.index(after) + 1 if after in ids else 0
        entry = queue.entries(ids[place : place + 1])
    if as_json:
        print_json({"window": entry_facts(entry[0]) if entry else None})
    elif entry:
        _print_table(entry, {})
    else:
        print("All windows are done.")


@review_app.command("history", epilog=f"{_EXAMPLE} history 12 --project slides --restore 40")
def history(
    window: Annotated[int, typer.Argument(metavar="ID", help="Window, as the queue numbers it.")],
    project: ProjectOption,
    restore: Annotated[
        int | None, typer.Option("--restore", metavar="EVENT", help="Bring back the state after this event.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what happened to a window, or bring back an earlier state of it."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue

    with Project.open(project) as opened:
        queue = ReviewQueue(opened.catalogue, opened.annotator)
        queue.entry(window)
        if restore is not None:
            queue.restore(window, restore)
        events = queue.history(window)
    if as_json:
        print_json({"window": window, "events": [dict(vars(event)) for event in events]})
        return
    table = Table("event", "at", "who", "what", "state", "why", box=None, pad_edge=False)
    for event in events:
        table.add_row(str(event.id), event.at, event.who, event.kind, event.state, event.why)
    stdout_console().print(table)


@contextmanager
def _queue(
    root: Path, device: DeviceChoice, scheduler: str | None
) -> Iterator[tuple[Project, ReviewQueue, QueueMaker]]:
    """Open a project, its queue, and what computes orders; the engine starts when an order needs it."""
    from napari_rsseg.cli.scene_run import EngineSource
    from napari_rsseg.jobs import WindowLooks
    from napari_rsseg.project import Project
    from napari_rsseg.review import QueueMaker, fill_queue

    with Project.open(root) as project, EngineSource(scheduler) as engines, progress_bar() as bar:
        task = bar.add_task("Looking at windows", total=None, rate="")

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        queue = fill_queue(project)
        looks = WindowLooks(project, engines.get, device, tell)
        yield project, queue, QueueMaker(project, queue, looks)


def _rank(project: Project, queue: ReviewQueue, maker: QueueMaker, order: Order, *, again: bool) -> None:
    if project.is_read_only:
        note(f"note: {project.root} is open only to read; the order is as it was computed last.")
    elif again or not queue.scores(order):
        maker.rank(order)


def _print_table(entries: list[QueueEntry], values: dict[int, float]) -> None:
    table = Table("window", "scene", "place", "state", "comments", "value", box=None, pad_edge=False)
    for entry in entries:
        value = values.get(entry.id)
        words = (
            entry.state.value + (", gold" if entry.is_gold else "") + (", blind" if entry.is_blind else "")
        )
        table.add_row(
            str(entry.id), entry.scene, str(entry.window), words, str(entry.comments or ""),
            "" if value is None else f"{value:.4g}",
        )  # fmt: skip
    stdout_console().print(table)
