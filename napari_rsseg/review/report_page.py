"""A report as one page that opens without a network, and as tables."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from napari_rsseg.metrics import scores_of
from napari_rsseg.review.states import State
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from napari_rsseg.review.report import ReportData, SceneReport

__all__ = ["Table", "report_html", "report_tables", "write_tables"]

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.6em 0 1.4em}
td,th{border:1px solid #ccc;padding:.25em .6em;text-align:right}
th:first-child,td:first-child{text-align:left}th{background:#f3f3f3}img{max-width:100%;height:auto}
figure{display:inline-block;margin:.4em;width:220px;vertical-align:top}figure.map{width:100%}
figcaption{font-size:12px;color:#555}h2{border-top:2px solid #ddd;padding-top:.6em}
"""


@dataclass(frozen=True)
class Table:
    """One table of the report.

    Attributes
    ----------
    name : str
        Name of its CSV file.
    title : str
        Above it.
    head : tuple of str
        Names of the columns.
    rows : tuple of tuple
        Text and numbers.
    """

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float | int, ...], ...]


def report_tables(data: ReportData) -> list[Table]:
    """Return all tables of a report that hold something."""
    names = data.scheme.names
    tables = [
        Table(
            "progress", "Windows by state", ("scene", *(state.value for state in State)),
            tuple((one.scene.title, *(one.states[state] for state in State)) for one in data.scenes),
        ),
        Table(
            "areas", "Areas", ("scene", "class", "kind", "unit", "area", "low", "high"),
            tuple(row for one in data.scenes for row in _areas(one, names)),
        ),
        Table(
            "confusion", "Prediction (columns) against correction (rows), pixels",
            ("scene", "corrected", *names, "IoU of the prediction"),
            tuple(row for one in data.scenes for row in _confusion(one, names)),
        ),
        Table(
            "errors", "Kinds of error of the prediction, pixels",
            ("scene", "missed", "false", "confused", "of these on outlines"),
            tuple(_errors(one) for one in data.scenes if one.confusion.any()),
        ),
        Table("agreement", "Agreement of annotators", _AGREEMENT, tuple(_agreement(data))),
        Table(
            "time", "Active time without pauses, minutes", ("who", "class", "minutes"),
            tuple(
                (who, names[label] if label < len(names) else "none", round(seconds / 60, 2))
                for (who, label), seconds in sorted(data.seconds.items())
            ),
        ),
    ]  # fmt: skip
    return [table for table in tables if table.rows]


_AGREEMENT = ("first", "second", "class", "agreement", "Cohen's kappa", "IoU", "boundary F1", "Fleiss' kappa")


def _areas(one: SceneReport, names: Sequence[str]) -> Iterable[tuple[str | float, ...]]:
    gsd = one.scene.gsd_m
    unit, size = ("px", 1.0) if gsd is None else ("ha", gsd**2 / 10_000)
    for name, pixels in zip(names, one.reviewed, strict=True):
        if one.reviewed.any():
            yield (one.scene.title, name, "reviewed labels", unit, float(pixels) * size, "", "")
    if one.sample is None or one.sample.estimate is None:
        return
    kind = f"estimated from {one.sample.labelled} of {one.sample.drawn} places"
    for name, mapped, area in zip(names, one.sample.estimate.mapped, one.sample.estimate.areas, strict=True):
        yield (one.scene.title, name, "on the map", one.sample.unit, float(mapped), "", "")
        yield (one.scene.title, name, kind, one.sample.unit, area.value, area.low, area.high)


def _confusion(one: SceneReport, names: Sequence[str]) -> Iterable[tuple[str | float, ...]]:
    if not one.confusion.any():
        return
    scores = scores_of(one.confusion)
    for name, row, iou in zip(names, one.confusion, scores.iou, strict=True):
        yield (one.scene.title, name, *(int(value) for value in row), float(iou))


def _errors(one: SceneReport) -> tuple[str | int, ...]:
    kinds = one.errors
    return (one.scene.title, kinds.missed, kinds.false, kinds.confused, kinds.outline)


def _agreement(data: ReportData) -> Iterable[tuple[str | float, ...]]:
    pairs = () if data.comparison is None else data.comparison.pairs
    fleiss = float("nan") if data.comparison is None else data.comparison.fleiss
    for pair in (*pairs, *data.scores):
        between = fleiss if pair in pairs else ""
        for label, name in enumerate(data.scheme.names):
            yield (
                pair.first, pair.second, name, pair.overall, pair.kappa, float(pair.iou[label]),
                float(pair.outlines[label]), between,
            )  # fmt: skip


def write_tables(folder: Path, tables: Sequence[Table]) -> list[Path]:
    """Write each table as CSV with full precision; return the files.

    Raises
    ------
    OutputError
        When a file cannot be written.
    """
    written = []
    for table in tables:
        path = folder / f"{table.name}.csv"
        with replacing(path, overwrite=True) as part, part.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(table.head)
            writer.writerows(table.rows)
        written.append(path)
    return written


def report_html(data: ReportData, tables: Sequence[Table], pictures: Sequence[tuple[str, str, str]]) -> str:
    """Return the page.

    Parameters
    ----------
    data : ReportData
        What is told.
    tables : sequence of Table
        As `report_tables` returns them.
    pictures : sequence of (kind, caption, data URI)
        Kind ``map`` takes the whole width.
    """
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>{escape(data.name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(data.name)}</h1><p>Made {escape(data.made_at)}. Classes: ",
        ", ".join(_swatch(each.name, each.colour) for each in data.scheme.classes),
        ".</p>",
    ]
    for table in tables:
        parts.append(f"<h2>{escape(table.title)}</h2>{_html_table(table)}")
        if table.name == "areas":
            parts.append(
                "<p>Estimated areas account for the errors of the map, with 95 % confidence intervals "
                "(Olofsson et al. 2014).</p>"
            )
    if pictures:
        parts.append("<h2>Maps, and windows with most corrections</h2>")
    for kind, caption, uri in pictures:
        parts.append(
            f"<figure class='{escape(kind)}'><img src='{uri}' alt='{escape(caption)}'>"
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
    parts.append("</body></html>")
    return "".join(parts)


def _swatch(name: str, colour: str) -> str:
    square = f"<span style='background:{escape(colour)};border:1px solid #555'>&emsp;</span>"
    return f"{square} {escape(name)}"


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_shown(value))}</td>" for value in row) + "</tr>" for row in table.rows
    )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"
