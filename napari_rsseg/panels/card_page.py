"""A model's card as a page to read, in Markdown: the window shows it, and the documentation prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_rsseg.registry.card import Card, Evaluation

__all__ = ["card_page", "pixel_words"]


def pixel_words(card: Card) -> str:
    """Return the ground sampling distances a model was trained for."""
    low, high = card.gsd_min_m, card.gsd_max_m
    if low is None and high is None:
        return "any"
    return f"{low or 0:g} to {high:g} m" if high is not None else f"{low:g} m and coarser"


def card_page(card: Card) -> str:
    """Return everything that a card says: facts, notes, training data, and a table per evaluation."""
    facts = {
        "Family": f"`{card.family}`",
        "Classes": ", ".join(card.scheme.names) if card.scheme else "none: it answers prompts",
        "Bands": ", ".join(card.bands),
        "Values": card.input_values.expects,
        "Tile": f"{card.tile_px} px",
        "Ground sampling distance": pixel_words(card),
        "Licence": card.licence,
        "Temperature": f"{card.temperature:.3f}",
        "Logit bias": ", ".join(f"{value:.3f}" for value in card.logit_bias) or "none",
        "Trained from": f"`{card.parent}`" if card.parent else "",
        "Delta on": f"`{card.base}`" if card.base else "",
        "sha256": f"`{card.sha256}`",
    }
    lines = [f"## {card.name}", "", f"{card.title}.", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in facts.items() if value]
    lines += ["", card.notes, "", "Trained on:", ""]
    lines += [f"- {sentence}" for sentence in card.training_data or ("Not stated.",)]
    for evaluation in card.evaluations:
        lines += ["", *_evaluation_lines(evaluation)]
    return "\n".join(lines) + "\n"


def _evaluation_lines(evaluation: Evaluation) -> list[str]:
    relation = "other images of this set were trained on" if evaluation.trained_on else "never trained on"
    images = "one image" if evaluation.images == 1 else f"{evaluation.images} images"
    seeds = "one seed" if evaluation.seeds == 1 else f"{evaluation.seeds} seeds"
    lines = [f"### {evaluation.dataset}", "", f"{images}, {seeds}; {relation}. {evaluation.note}", ""]
    lines += ["| class | IoU | 95 % interval | F1 | precision | recall |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for name, metric in evaluation.per_class.items():
        interval = f"{_number(metric.iou_low)} to {_number(metric.iou_high)}"
        rest = " | ".join(_number(value) for value in (metric.f1, metric.precision, metric.recall))
        lines.append(f"| {name} | {_number(metric.iou)} | {interval} | {rest} |")
    means = f"Mean IoU {_number(evaluation.mean_iou)}, "
    means += f"with absent classes counted as 0 {_number(evaluation.mean_iou_absent_as_zero)}."
    if evaluation.ece_before is not None:
        means += f" Calibration error {_number(evaluation.ece_before)} before the card's temperature, "
        means += f"{_number(evaluation.ece_after)} after."
    if evaluation.threshold is not None:
        means += f" Foreground above a probability of {evaluation.threshold:g}."
    return [*lines, "", means, "", *_confusion_lines(evaluation)]


def _confusion_lines(evaluation: Evaluation) -> list[str]:
    if not evaluation.confusion:
        return []
    names = list(evaluation.per_class)
    lines = ["| truth, in pixels | " + " | ".join(f"called {name}" for name in names) + " |"]
    lines.append("| --- |" + " --- |" * len(names))
    for name, row in zip(names, evaluation.confusion, strict=True):
        lines.append(f"| {name} | " + " | ".join(f"{value:,}" for value in row) + " |")
    return [*lines, ""]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
