"""``napari-rsseg models``: which models are here, what they are, whether they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.cli.model_changes import default, get_model, import_model, remove
from napari_rsseg.cli.model_entry import gsd_text, model_entry
from napari_rsseg.cli.options import JsonOption
from napari_rsseg.cli.reporting import error_line, interval_text, note, print_json, stdout_console, text_of
from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_rsseg.registry import Download, Evaluation, Fit, ModelFile, PublishedModel

__all__ = ["models_app"]

models_app = typer.Typer(
    help="List, show, check, import, download, choose and remove models.", no_args_is_help=True
)
models_app.command(
    "import",
    epilog="Examples: napari-rsseg models import best_mIoU_iter_22770.pth --as ktda-grass\n\n"
    "napari-rsseg models import folder",
)(import_model)
models_app.command("get", epilog="Example: napari-rsseg models get mobile-sam")(get_model)
models_app.command("remove", epilog="Example: napari-rsseg models remove my-forests")(remove)
models_app.command("default", epilog="Example: napari-rsseg models default landslide my-slides")(default)

ExtraOption = Annotated[
    list[Path] | None, typer.Option("--folder", help="A further folder of models; may be given again.")
]


def _missing_entry(model: PublishedModel) -> dict[str, object]:
    from napari_rsseg.registry import DOWNLOADS

    return {
        "name": model.name,
        "title": model.title,
        "task": model.task,
        "family": model.family,
        "installed": False,
        "problem": model.missing,
        "remedy": model.remedy,
        "can_be_downloaded": any(download.name == model.name for download in DOWNLOADS),
    }


def _offered_entry(download: Download) -> dict[str, object]:
    return {
        "name": download.name,
        "title": download.title,
        "task": None,
        "family": download.family,
        "licence": download.licence,
        "size": download.size,
        "sha256": download.sha256,
        "url": download.origin,
        "installed": False,
        "remedy": f"Run: napari-rsseg models get {download.name}",
        "can_be_downloaded": True,
    }


def _fits(models: list[ModelFile], scene: Path | None) -> list[Fit | None]:
    if scene is None:
        return [None] * len(models)
    from napari_rsseg.registry import fit
    from napari_rsseg.scenes import open_scene

    opened = open_scene(scene)
    try:
        return [fit(model.card, opened) for model in models]
    finally:
        opened.close()


def _print_table(
    models: list[ModelFile],
    fits: list[Fit | None],
    missing: list[PublishedModel],
    offered: list[Download],
) -> None:
    table = Table("name", "task", "family", "bands", "pixel", "title", "state", box=None, pad_edge=False)
    for model, fit in zip(models, fits, strict=True):
        state = "installed" if fit is None or fit.fits else "does not fit: " + "; ".join(fit.problems)
        if fit is not None and fit.fits:
            state = "fits" + "".join(f"; {warning}" for warning in fit.warnings)
        card = model.card
        table.add_row(
            card.name, model.task, card.family, ", ".join(card.bands), gsd_text(model), card.title, state
        )
    for published in missing:
        table.add_row(published.name, published.task, published.family, "", "", published.title, "no weights")
    for download in offered:
        table.add_row(download.name, "", download.family, "", "", download.title, "can be downloaded")
    stdout_console().print(table)


def _check_task(task: str, models: Iterable[ModelFile]) -> None:
    """Refuse a task that is neither built in nor that of a model.

    Raises
    ------
    ModelError
        It is neither; all that are known are named.
    """
    from napari_rsseg.classes.scheme import BUILTIN_SCHEMES

    known = {*BUILTIN_SCHEMES, *(model.task for model in models if model.task is not None)}
    if task not in known:
        raise ModelError(
            f"There is no task {task!r}, and no model segments it.", f"Known are {', '.join(sorted(known))}."
        )


@models_app.command(
    "list", epilog="Example: napari-rsseg models list --task landslide --scene scene.tif --json"
)
def list_models(
    task: Annotated[
        str | None,
        typer.Option(metavar="TASK", help="Only models of landslide, cloud, grass, or another scheme."),
    ] = None,
    scene: Annotated[Path | None, typer.Option(help="Say which models fit this scene.")] = None,
    folder: ExtraOption = None,
    as_json: JsonOption = False,
) -> None:
    """List installed models, published ones whose weights are missing here, and what can be downloaded."""
    from napari_rsseg.registry import DOWNLOADS, PUBLISHED_MODELS, scan_models

    scan = scan_models(folder or ())
    if task is not None:
        _check_task(task, scan.models)
    models = [model for model in scan.models if task is None or model.task == task]
    names = {model.card.name for model in scan.models}
    missing = [model for model in PUBLISHED_MODELS if model.name not in names and task in (None, model.task)]
    here = names | {model.name for model in missing}
    offered = [download for download in DOWNLOADS if task is None and download.name not in here]
    fits = _fits(models, scene)
    if as_json:
        found = [model_entry(model, fit) for model, fit in zip(models, fits, strict=True)]
        broken = [{"path": entry.path, "problem": str(entry.error)} for entry in scan.broken]
        others = [_missing_entry(model) for model in missing] + [_offered_entry(entry) for entry in offered]
        print_json({"models": found + others, "broken": broken})
        return
    _print_table(models, fits, missing, offered)
    for entry in scan.broken:
        note(f"left out: {entry.error}")


def _print_evaluation(result: Evaluation) -> None:
    console = stdout_console()
    console.print(
        f"\n{result.dataset}: {result.images} images, {result.seeds} seeds, "
        f"{'other images of this set were trained on' if result.trained_on else 'never trained on'}; "
        f"mean IoU {text_of(result.mean_iou)} ({text_of(result.mean_iou_absent_as_zero)} with absent = 0)"
    )
    table = Table("class", "IoU", "95 % interval", "F1", "precision", "recall", box=None, pad_edge=False)
    for name, metric in result.per_class.items():
        interval = interval_text(metric.iou_low, metric.iou_high)
        scores = (text_of(metric.f1), text_of(metric.precision), text_of(metric.recall))
        table.add_row(name, text_of(metric.iou), interval, *scores)
    console.print(table)
    if result.ece_before is not None:
        console.print(
            f"calibration error {text_of(result.ece_before)}, with temperature {text_of(result.ece_after)}"
        )
    if result.note:
        console.print(result.note)


@models_app.command("show", epilog="Example: napari-rsseg models show landslide-starter")
def show(
    model: Annotated[str, typer.Argument(metavar="NAME|PATH", help="Name, card or weights of a model.")],
    folder: ExtraOption = None,
    as_json: JsonOption = False,
    as_mlm: Annotated[
        bool, typer.Option("--mlm", help="Print a STAC Item of the Machine Learning Model extension.")
    ] = False,
) -> None:
    """Show a model's card: what it expects, how good it is, under which terms."""
    from napari_rsseg.registry import find_model, mlm_item

    found = find_model(model, folder or ())
    card = found.card
    if as_mlm:
        print_json(mlm_item(found))
        return
    if as_json:
        files = {"card": str(found.card_path), "weights": str(found.weights_path)}
        print_json({**card.model_dump(mode="json"), "files": files})
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    classes = "answers prompts" if card.scheme is None else ", ".join(card.scheme.names)
    for name, value in (
        ("name", f"{card.name}: {card.title}"),
        ("family", card.family),
        ("classes", classes),
        ("bands", f"{', '.join(card.bands)} as {card.input_values.expects}"),
        ("tile", f"{card.tile_px} px, pixels {gsd_text(found)}"),
        ("licence", card.licence),
        ("trained on", "; ".join(card.training_data) or "not stated"),
        ("temperature", f"{card.temperature:g}"),
        ("notes", card.notes or "none"),
        ("weights", f"{found.weights_path} (sha256 {card.sha256})"),
    ):
        table.add_row(name, value)
    stdout_console().print(table)
    for result in card.evaluations:
        _print_evaluation(result)


@models_app.command("check", epilog="Example: napari-rsseg models check")
def check(
    models: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME|PATH]...", help="Default: all installed.")
    ] = None,
    folder: ExtraOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare weights with the digests on their cards; exit 2 if any model is broken."""
    from napari_rsseg.registry import check_model, find_model, scan_models

    results: list[dict[str, object]] = []
    found: list[ModelFile] = []
    if models:
        for name in models:
            try:
                found.append(find_model(name, folder or ()))
            except ModelError as error:
                results.append({"name": name, "whole": False, "problem": str(error)})
    else:
        scan = scan_models(folder or ())
        found += scan.models
        results += [
            {"name": entry.path.stem, "whole": False, "problem": str(entry.error)} for entry in scan.broken
        ]
    for model in found:
        try:
            check_model(model)
            results.append({"name": model.card.name, "whole": True, "problem": None})
        except ModelError as error:
            results.append({"name": model.card.name, "whole": False, "problem": str(error)})
    _report_check(results, as_json=as_json)


def _report_check(results: list[dict[str, object]], *, as_json: bool) -> None:
    broken = [result for result in results if not result["whole"]]
    if as_json:
        print_json({"models": results, "broken": len(broken)})
    else:
        for result in results:
            if result["whole"]:
                print(f"{result['name']}: whole")
        for result in broken:
            error_line(str(result["problem"]))
    if broken:
        raise typer.Exit(2)


@models_app.command("schema", epilog="Example: napari-rsseg models schema > card.schema.json")
def schema() -> None:
    """Print the JSON Schema of model cards."""
    from napari_rsseg.registry import card_schema

    print_json(dict(card_schema()))
