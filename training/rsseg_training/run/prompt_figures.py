"""How good prompts are: a simulated user on the images that nothing was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.prompting.prompts import PromptBox, PromptPoint, Prompts
from napari_rsseg.engine.prompting.view import VIEW_SIDE_PX, PromptSegmenter, PromptView
from napari_rsseg.models.sam import resized
from napari_rsseg.scenes import Radiometry, SceneReference, Window
from rsseg_training.evaluation.clicks import iou, next_click
from rsseg_training.run.prompting import rgb_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prompts import Candidate
    from napari_rsseg.engine.prompting.room import Segmenter
    from rsseg_training.evaluation.clicks import Click
    from rsseg_training.sampling import Chip

__all__ = ["MOST_CLICKS", "ObjectFigures", "figures_of", "markdown_table"]

MOST_CLICKS = 20
_GOOD_ENOUGH = 0.95  # IoU at which the user stops
_SHOWN_CLICKS = (2, 3, 5, 10)
_RGB = Radiometry(kind="none", low=(0, 0, 0), high=(255, 255, 255))


@dataclass(frozen=True)
class ObjectFigures:
    """What a user reaches on one object.

    Attributes
    ----------
    box, best_of_three : float
        IoU of the first mask for its bounding box, and of the best of the candidates for one click.
    clicks : tuple of float
        IoU of the first mask after each click; the last stands for all that were not needed.
    """

    box: float
    best_of_three: float
    clicks: tuple[float, ...]

    def clicks_to(self, level: float) -> int:
        """Return how many clicks reach an IoU; as many as were allowed where none do."""
        return next((n + 1 for n, each in enumerate(self.clicks) if each >= level), len(self.clicks))


def figures_of(
    chips: Iterable[tuple[Chip, list[npt.NDArray[np.bool_]]]],
    segmenter: Segmenter,
    *,
    sees_whole_square: bool,
    most_clicks: int = MOST_CLICKS,
) -> list[ObjectFigures]:
    """Let a simulated user mark every object.

    Parameters
    ----------
    chips : iterable of (Chip, list of ndarray)
        Images, each with its objects.
    segmenter : Segmenter
        What answers.
    sees_whole_square : bool
        Whether images are enlarged until they fill the segmenter's square, as for SAM.
    most_clicks : int
        When the user gives up.
    """
    found = []
    for chip, objects in chips:
        image = rgb_of(chip)
        height, width = image.shape[:2]
        view = PromptView(
            scene=SceneReference(chip.name, radiometry=_RGB),
            fingerprint=chip.name,
            window=Window.of(height, width),
            pixel_px=max(height, width) / VIEW_SIDE_PX if sees_whole_square else 1.0,
            bands=(0, 1, 2),
            segmenter=PromptSegmenter(),
        )
        prepared = segmenter.prepare(resized(image, view.image_shape), lambda: False)

        ask = partial(segmenter.segment, prepared, view)
        found += [_marked(truth, ask, most_clicks) for truth in objects]
    return found


def _marked(
    truth: npt.NDArray[np.bool_], ask: Callable[[Prompts], list[Candidate]], most_clicks: int
) -> ObjectFigures:
    rows, columns = np.nonzero(truth)
    box = PromptBox(
        float(rows.min()), float(columns.min()), float(rows.max()) + 0.5, float(columns.max()) + 0.5
    )
    boxed = ask(Prompts(boxes=(box,)))
    clicks: list[Click] = []
    reached: list[float] = []
    shown = np.zeros(truth.shape, bool)
    previous: Candidate | None = None
    best = 0.0
    while len(clicks) < most_clicks and not (reached and reached[-1] >= _GOOD_ENOUGH):
        clicks.append(next_click(shown, truth, clicks))
        points = tuple(PromptPoint(each.row, each.column, each.is_positive) for each in clicks)
        answer = ask(Prompts(points=points, previous=previous))
        if len(clicks) == 1:
            best = max((iou(_mask(each, truth), truth) for each in answer), default=0.0)
        previous = answer[0] if answer else previous
        shown = _mask(answer[0], truth) if answer else np.zeros(truth.shape, bool)
        reached.append(iou(shown, truth))
    reached += [reached[-1]] * (most_clicks - len(reached))
    return ObjectFigures(iou(_mask(boxed[0], truth), truth) if boxed else 0.0, best, tuple(reached))


def _mask(candidate: Candidate, truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    whole = np.zeros(truth.shape, bool)
    whole[candidate.window.slices] = candidate.mask.unpacked()
    return whole


def markdown_table(figures: Mapping[str, Sequence[ObjectFigures]], title: str) -> str:
    """Return figures by set, and their mean over the sets, as a table."""
    heads = ["objects", "box", "1 click", "best of 3"]
    heads += [f"{count} clicks" for count in _SHOWN_CLICKS] + ["clicks to 0.80", "clicks to 0.85"]
    lines = [f"| {title} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    rows = {name: _row(each) for name, each in figures.items() if each}
    for name, row in rows.items():
        lines.append(_line(name, len(figures[name]), row))
    total = sum(len(each) for each in figures.values())
    lines.append(_line("**mean over sets**", total, np.mean(list(rows.values()), axis=0)))
    return "\n".join(lines)


def _row(figures: Sequence[ObjectFigures]) -> npt.NDArray[np.float64]:
    ious = [
        (each.box, each.clicks[0], each.best_of_three, *(each.clicks[n - 1] for n in _SHOWN_CLICKS))
        for each in figures
    ]
    counts = [(each.clicks_to(0.80), each.clicks_to(0.85)) for each in figures]
    return np.concatenate([np.mean(ious, axis=0), np.mean(counts, axis=0)])


def _line(name: str, objects: int, row: npt.NDArray[np.float64]) -> str:
    ious = " | ".join(f"{value:.2f}" for value in row[:-2])
    counts = " | ".join(f"{value:.1f}" for value in row[-2:])
    return f"| {name} | {objects} | {ious} | {counts} |"
