"""Figures of starters as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["report_text"]


def report_text(figures: Sequence[dict[str, Any]]) -> str:
    """Return Markdown tables: figures per class with intervals, comparison with the baseline."""
    lines: list[str] = []
    for study in figures:
        lines += [
            f"## {study['name']}",
            "",
            f"{study['trainings']} trainings, temperature {study['temperature']}.",
            "",
        ]
        lines += list(_evaluations(study["evaluations"]))
        if study["comparisons"]:
            lines += ["", "### Against a plain network of equal size, same loop, same crops", ""]
            lines += list(_comparisons(study["comparisons"]))
        lines += ["", "### Confusion, pixels of all trainings (rows: truth)", ""]
        for entry in study["evaluations"]:
            lines += [f"{entry['dataset']}", "", *_confusion(entry), ""]
    return "\n".join(lines) + "\n"


def _evaluations(entries: Iterable[dict[str, Any]]) -> Iterable[str]:
    yield (
        "| set | images | trainings | IoU per class (95 % interval over images) | mean IoU | absent as 0 "
        "| ECE before / after | |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for entry in entries:
        classes = "; ".join(f"{name} {_interval(metric)}" for name, metric in entry["per_class"].items())
        error = "" if entry["ece_before"] is None else f"{entry['ece_before']:.3f} / {entry['ece_after']:.3f}"
        seen = "" if entry["trained_on"] else "never trained on. "
        yield (
            f"| {entry['dataset']} | {entry['images']} | {entry['seeds']} | {classes} "
            f"| {entry['mean_iou']:.3f} | {entry['mean_iou_absent_as_zero']:.3f} | {error} "
            f"| {seen}{entry['note']} |"
        )


def _interval(metric: dict[str, Any]) -> str:
    if metric["iou"] is None:
        return "-"
    if metric["iou_low"] is None:
        return f"{metric['iou']:.3f}"
    return f"{metric['iou']:.3f} ({metric['iou_low']:.3f}..{metric['iou_high']:.3f})"


def _comparisons(entries: Iterable[dict[str, Any]]) -> Iterable[str]:
    yield (
        "| set | network | seeds | its mean IoU | ours, same seeds "
        "| ours minus its, per class (95 % interval, paired by image) |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    for entry in entries:
        differences = "; ".join(
            f"{name} {value:+.3f} ({_sign(low)}..{_sign(high)})"
            for name, (value, low, high) in entry["difference"].items()
            if value is not None
        )
        yield (
            f"| {entry['dataset']} | {entry['family']} | {entry['seeds']} | {entry['mean_iou']:.3f} "
            f"| {entry['own_mean_iou']:.3f} | {differences} |"
        )


def _sign(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _confusion(entry: dict[str, Any]) -> Iterable[str]:
    names = list(entry["per_class"])
    yield "| | " + " | ".join(names) + " |"
    yield "| --- |" + " --- |" * len(names)
    for name, row in zip(names, entry["confusion"], strict=True):
        yield f"| {name} | " + " | ".join(f"{value:,}" for value in row) + " |"
