"""What commands tell of an installed model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_rsseg.registry import Fit, ModelFile

__all__ = ["gsd_text", "model_entry"]


def gsd_text(model: ModelFile) -> str:
    """Return the pixel sizes that a model was trained for."""
    low, high = model.card.gsd_min_m, model.card.gsd_max_m
    if low is None and high is None:
        return "any"
    return f"{low or 0:g}-{high:g} m" if high is not None else f"≥ {low:g} m"


def model_entry(model: ModelFile, fit: Fit | None = None) -> dict[str, object]:
    """Return what is told of a model as JSON, and whether it fits a scene where that was asked."""
    card = model.card
    entry: dict[str, object] = {
        "name": card.name,
        "title": card.title,
        "task": model.task,
        "family": card.family,
        "bands": list(card.bands),
        "gsd_min_m": card.gsd_min_m,
        "gsd_max_m": card.gsd_max_m,
        "licence": card.licence,
        "sha256": card.sha256,
        "size": model.weights_path.stat().st_size,
        "card": model.card_path,
        "weights": model.weights_path,
        "installed": True,
        "mean_iou": {result.dataset: result.mean_iou for result in card.evaluations},
    }
    if fit is not None:
        entry |= {"fits": fit.fits, "problems": list(fit.problems), "warnings": list(fit.warnings)}
    return entry
