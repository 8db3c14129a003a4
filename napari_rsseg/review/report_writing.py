"""A report on disk: the page, its tables, and a map of each scene."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from napari_rsseg.review.map_figure import write_map
from napari_rsseg.review.pictures import data_uri, overlaid, window_picture
from napari_rsseg.review.predictions import reviewed_labels
from napari_rsseg.review.report_page import report_html, report_tables, write_tables
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.project import Project
    from napari_rsseg.review.report import ReportData

__all__ = ["write_report"]


def write_report(project: Project, data: ReportData, folder: Path) -> list[Path]:
    """Write ``report.html``, a CSV file for each table and ``map-<scene>.png`` for each scene.

    Parameters
    ----------
    project : Project
        Gives pictures and labels; a scene that is not at hand has none.
    data : ReportData
        What is told.
    folder : Path
        Made where it is missing; an older report is replaced.

    Returns
    -------
    list of Path
        What was written, the page first.

    Raises
    ------
    ProjectError, SceneError
        When a scene is not at hand or not the one that was labelled.
    OutputError
        When a file cannot be written.
    """
    pictures: list[tuple[str, str, str]] = []
    maps: list[Path] = []
    for one in data.scenes:
        scene = project.open_scene(one.scene)
        try:
            title = f"{project.settings.name}: {one.scene.title}"
            path = folder / f"map-{one.scene.id}.png"
            labels = project.label_store(one.scene.id)
            maps.append(write_map(path, scene, labels, project.scheme, title=title))
            encoded = base64.b64encode(path.read_bytes()).decode("ascii")
            pictures.append(("map", one.scene.title, f"data:image/png;base64,{encoded}"))
            for entry in one.worst:
                picture = window_picture(scene, entry.window)
                assert one.prediction is not None  # errors were counted against it
                predicted = one.prediction.read_labels(entry.window)
                corrected = reviewed_labels(labels, entry)
                for caption, shown in (("predicted", predicted), ("corrected", corrected)):
                    words = f"{one.scene.title} {entry.window}: {caption}"
                    pictures.append(("window", words, data_uri(overlaid(picture, shown, project.scheme))))
        finally:
            scene.close()
    tables = report_tables(data)
    page = folder / "report.html"
    with replacing(page, overwrite=True) as part:
        part.write_text(report_html(data, tables, pictures), encoding="utf-8")
    return [page, *write_tables(folder, tables), *maps]
