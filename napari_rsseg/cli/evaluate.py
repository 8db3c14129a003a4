"""``napari-rsseg evaluate``: label maps against truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.classes import named_scheme
from napari_rsseg.cli.options import JsonOption, OverwriteOption
from napari_rsseg.cli.reporting import error_line, interval_text, note, print_json, stdout_console, text_of

if TYPE_CHECKING:
    from napari_rsseg.cli.evaluation import CountedPair
    from napari_rsseg.cli.label_files import Pairing
    from napari_rsseg.metrics import ClassScores

__all__ = ["evaluate"]


def _print_scores(pooled: ClassScores, per_class: dict[str, dict[str, object]]) -> None:
    from napari_rsseg.cli.evaluation import SCORES

    table = Table("class", "IoU", "95 % interval", "F1", "precision", "recall", "true pixels", box=None)
    for index, (label, entry) in enumerate(per_class.items()):
        interval = interval_text(*(_number(entry.get(key)) for key in ("iou_low", "iou_high")))
        scores = [text_of(float(getattr(pooled, name)[index])) for name in SCORES]
        table.add_row(label, scores[0], interval, *scores[1:], f"{entry['truth_pixels']:,}")
    for title, absent_as_zero in (("mean, absent left out", False), ("mean, absent as 0", True)):
        means = [text_of(pooled.mean(name, absent_as_zero=absent_as_zero)) for name in SCORES]
        table.add_row(title, means[0], "", *means[1:], "")
    stdout_console().print(table)


def _number(value: object) -> float | None:
    """Return a number of a report, None where it has none."""
    return value if isinstance(value, float) else None


def _print_rest(pooled: ClassScores, labels: list[str], rest: dict[str, object]) -> None:
    console = stdout_console()
    by_image = rest["per_image_mean"]
    assert isinstance(by_image, dict)
    console.print(
        f"{rest['images']} images, {pooled.pixels:,} pixels; overall accuracy "
        f"{text_of(pooled.overall_accuracy)}, kappa {text_of(pooled.kappa)}"
    )
    console.print(
        f"per image: mean IoU {text_of(_number(by_image['mean_iou']))}, "
        f"absent as 0 {text_of(_number(by_image['mean_iou_absent_as_zero']))}"
    )
    matrix = Table("true \\ predicted", *labels, box=None)
    for label, row in zip(labels, pooled.confusion.tolist(), strict=True):
        matrix.add_row(label, *(f"{value:,}" for value in row))
    console.print(matrix)


def _notes(
    counted: list[CountedPair], pooled: ClassScores, pairing: Pairing, id_map: str | None
) -> list[str]:
    notes = [text for pair in counted for text in pair.notes]
    notes += [f"{path} has no prediction" for path in pairing.truths_alone]
    notes += [f"{path} has no truth" for path in pairing.predictions_alone]
    unsaid = sum(pair.left_out_truth for pair in counted)
    if unsaid and not id_map and len(pooled.confusion) == 2 and not pooled.confusion[1].any():
        notes.append(
            f'{unsaid:,} true pixels are 255 and left out, none is 1; if 255 is the class, add --map "255=…"'
        )
    return notes


def evaluate(  # noqa: PLR0913 - each is an option of the command
    pred: Annotated[Path, typer.Option(metavar="F|DIR", help="Predicted label map, or a folder of them.")],
    truth: Annotated[Path, typer.Option(metavar="F|DIR", help="True label map, or a folder of them.")],
    schema: Annotated[
        str, typer.Option(metavar="NAME|TOML", help="Classes: landslide, cloud, grass or a TOML file.")
    ],
    id_map: Annotated[
        str | None,
        typer.Option(
            "--map", help='What numbers in the truth mean: "64=cloud shadow,128-255=cloud,9=ignore".'
        ),
    ] = None,
    pred_map: Annotated[
        str | None, typer.Option("--map-pred", help="The same for numbers in the prediction.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw the confusion matrix to this file.")
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score label maps against truth: per class, pooled and per image.

    Means are given by both rules for absent classes: left out, and counted as 0.

    Of two folders, a truth STEM goes with prediction STEM_SCHEMA, or else STEM.
    Pixels that are 255 or nodata in either map are not counted.

    Ends with 2 when a pair cannot be compared or a truth has no prediction.
    """
    from napari_rsseg.cli.confusion_plot import write_confusion_plot
    from napari_rsseg.cli.evaluation import count_pairs, report_of
    from napari_rsseg.cli.label_files import pair_labels, parse_id_map

    scheme = named_scheme(schema)
    maps = (parse_id_map(pred_map or "", scheme), parse_id_map(id_map or "", scheme))
    pairing = pair_labels(pred, truth, scheme.name)
    counted, failed = count_pairs(pairing, scheme, maps)
    for error in failed:
        error_line(str(error))
    if not counted:
        raise typer.Exit(2)
    pooled, per_class, rest = report_of(counted, scheme)
    notes = _notes(counted, pooled, pairing, id_map)
    if plot is not None:
        write_confusion_plot(plot, pooled, scheme, overwrite=overwrite)
    if as_json:
        problems = [str(error) for error in failed]
        print_json({**rest, "per_class": per_class, "notes": notes, "failed": problems, "plot": plot})
    else:
        _print_scores(pooled, per_class)
        _print_rest(pooled, list(per_class), rest)
        for text in notes:
            note(f"note: {text}")
    if failed or pairing.truths_alone:
        raise typer.Exit(2)
