"""What leads ask for: samples, clean labels, agreement, reports."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.cli.options import JsonOption, ProjectOption
from napari_rsseg.cli.reporting import json_value, print_json, stdout_console, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_rsseg.project import Project
    from napari_rsseg.review import Finding, PairAgreement, SessionGround
    from napari_rsseg.scenes import Scene, Window

__all__ = ["agreement", "check", "report", "sample"]

CopiesOption = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="DIR", help="The copy of an annotator; may be given again."),
]


def sample(
    project: ProjectOption,
    places: Annotated[int, typer.Option("--places", min=1, help="Number of places in each scene.")] = 200,
    side_px: Annotated[int, typer.Option("--side", min=8, help="Side of the window about a place.")] = 64,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same places.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Draw a blind sample of places, stratified by the classes of the map, and put it into the queue."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import draw_blind_sample, fill_queue

    drawn: dict[str, list[int]] = {}
    with Project.open(project) as opened:
        opened.require_writable()
        queue = fill_queue(opened)
        for scene in opened.scenes():
            drawn[scene.id] = draw_blind_sample(
                opened, queue, scene, total=places, side_px=side_px, seed=seed
            )
    if as_json:
        print_json({"windows": drawn})
        return
    for scene_id, windows in drawn.items():
        print(f"{scene_id}: {len(windows)} places in the queue; label the middle pixel of each window")


def check(
    project: ProjectOption,
    least_px: Annotated[
        int, typer.Option("--least", metavar="PX", min=2, help="Smaller objects and holes are faults.")
    ] = 16,
    mend: Annotated[bool, typer.Option("--fix", help="Mend all; each fault is one step of undo.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for holes, specks, classes against pixels without data, and windows that show the same twice."""
    from napari_rsseg.project import Project

    rows: list[dict[str, object]] = []
    with Project.open(project) as opened:
        for scene_id, finding, is_mended in _faults(opened, least_px, mend=mend):
            rows.append(
                {
                    "scene": scene_id, "kind": finding.kind, "window": str(finding.window),
                    "pixels": finding.pixels, "words": finding.words, "fixed": is_mended,
                }
            )  # fmt: skip
    if as_json:
        print_json({"findings": rows})
        return
    for row in rows:
        print(f"{row['scene']} {row['window']}: {row['words']}{' Mended.' if row['fixed'] else ''}")
    if not rows:
        print("Nothing found.")


def _faults(project: Project, least_px: int, *, mend: bool) -> Sequence[tuple[str, Finding, bool]]:
    from napari_rsseg.editing import open_session
    from napari_rsseg.review import SessionGround, duplicate_findings, fill_queue, find_faults, fix

    found: list[tuple[str, Finding, bool]] = []
    queue = fill_queue(project)
    for entry in project.scenes():
        scene = project.open_scene(entry)
        session, _ = open_session(project, entry)
        try:
            ground = SessionGround(session, scene)
            windows = [each.window for each in queue.of_scene(entry.id) if not each.is_blind]
            faults = [each for window in windows for each in find_faults(ground, window, least_px=least_px)]
            for finding in (*faults, *duplicate_findings(_alike(scene, ground, windows))):
                operation = fix(finding, ground, least_px=least_px) if mend else None
                change = None if operation is None else session.apply(operation)
                found.append((entry.id, finding, change is not None))
        finally:
            session.close()
            scene.close()
    return found


def _alike(scene: Scene, ground: SessionGround, windows: Sequence[Window]) -> Sequence[tuple[Window, Window]]:
    """Return pairs of labelled windows that show nearly the same picture."""
    import numpy as np

    from napari_rsseg.classes.scheme import IGNORED
    from napari_rsseg.datasets.likeness import alike_pairs, thumbnail
    from napari_rsseg.review import window_picture

    labelled = [window for window in windows if (ground.labels(window) != IGNORED).any()]
    if len(labelled) < 2:
        return []
    thumbnails = [
        thumbnail(window_picture(scene, window).mean(axis=2, dtype=np.float32) / 255, scene.valid(window))
        for window in labelled
    ]
    return [(labelled[first], labelled[second]) for first, second in alike_pairs(np.stack(thumbnails))]


def agreement(project: ProjectOption, copies: CopiesOption = None, as_json: JsonOption = False) -> None:
    """Compare the copies of annotators on the windows that all have done, and score each against the lead."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import compare_projects, score_against

    with ExitStack() as stack:
        lead = stack.enter_context(Project.open(project))
        others = [stack.enter_context(Project.open(path, read_only=True)) for path in copies or ()]
        compared = compare_projects(others or [lead])
        scores = score_against(lead, others)
        names = lead.scheme.names
        pairs = [*compared.pairs, *(each for each in scores if each.confusion.any())]
        found = {
            "windows": len(compared.windows),
            "fleiss_kappa": compared.fleiss,
            "pairs": [_pair_facts(pair, names) for pair in pairs],
        }
        if not lead.is_read_only:  # the cards of later dataset versions say it
            lead.catalogue.remember("agreement", json_value(found))
    if as_json:
        print_json(
            {
                **found,
                "contested": [
                    {"window": str(each.entry.window), "scene": each.entry.scene, "pixels": each.pixels}
                    for each in compared.windows if each.pixels
                ],
            }
        )  # fmt: skip
        return
    table = Table("first", "second", "agreement", "kappa", *(f"IoU {name}" for name in names), box=None)
    for pair in pairs:
        ious = (text_of(float(value)) for value in pair.iou)
        table.add_row(pair.first, pair.second, text_of(pair.overall), text_of(pair.kappa), *ious)
    stdout_console().print(table)
    print(f"Fleiss' kappa {text_of(compared.fleiss)} over {len(compared.windows)} windows")


def _pair_facts(pair: PairAgreement, names: tuple[str, ...]) -> dict[str, object]:
    return {
        "first": pair.first,
        "second": pair.second,
        "agreement": pair.overall,
        "kappa": pair.kappa,
        "iou": dict(zip(names, map(float, pair.iou), strict=True)),
        "boundary_f1": dict(zip(names, map(float, pair.outlines), strict=True)),
        "confusion": pair.confusion.tolist(),
    }


def report(
    project: ProjectOption,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder; default: reports in the project.")
    ] = None,
    copies: CopiesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write areas, agreement, time and errors as one page that opens offline, with tables and maps."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import compare_projects, gather_report, score_against, write_report

    with ExitStack() as stack:
        lead = stack.enter_context(Project.open(project, read_only=True))
        others = [stack.enter_context(Project.open(path, read_only=True)) for path in copies or ()]
        comparison = compare_projects(others) if others else None
        scores = [each for each in score_against(lead, others) if each.confusion.any()]
        data = gather_report(lead, comparison=comparison, scores=scores)
        files = write_report(lead, data, out or lead.reports_folder)
    if as_json:
        print_json({"files": list(files)})
        return
    for path in files:
        print(path)
