"""``napari-rsseg models``: which models are here, what they are, whether they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.cli.options import JsonOption, OverwriteOption, Task
from napari_rsseg.cli.reporting import error_line, interval_text, note, print_json, stdout_console, text_of
from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from napari_rsseg.registry import Evaluation, Fit, ModelFile, PublishedModel

__all__ = ["models_app"]

models_app = typer.Typer(help="List, show, check and import models.", no_args_is_help=True)

ExtraOption = Annotated[
    list[Path] | None, typer.Option("--folder", help="A further folder of models; may be given again.")
]


def _gsd(model: ModelFile) -> str:
    low, high = model.card.gsd_min_m, model.card.gsd_max_m
    if low is None and high is None:
        return "any"
    return f"{low or 0:g}-{high:g} m" if high is not None else f"≥ {low:g} m"


def _entry(model: ModelFile, fit: Fit | None) -> dict[str, object]:
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
        "card": model.card_path,
        "weights": model.weights_path,
        "installed": True,
        "mean_iou": {result.dataset: result.mean_iou for result in card.evaluations},
    }
    if fit is not None:
        entry |= {"fits": fit.fits, "problems": list(fit.problems), "warnings": list(fit.warnings)}
    return entry


def _missing_entry(model: PublishedModel) -> dict[str, object]:
    return {
        "name": model.name,
        "title": model.title,
        "task": model.task,
        "family": model.family,
        "installed": False,
        "problem": model.missing,
        "remedy": model.remedy,
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


def _print_table(models: list[ModelFile], fits: list[Fit | None], missing: list[PublishedModel]) -> None:
    table = Table("name", "task", "family", "bands", "pixel", "title", "state", box=None, pad_edge=False)
    for model, fit in zip(models, fits, strict=True):
        state = "installed" if fit is None or fit.fits else "does not fit: " + "; ".join(fit.problems)
        if fit is not None and fit.fits:
            state = "fits" + "".join(f"; {warning}" for warning in fit.warnings)
        card = model.card
        table.add_row(
            card.name, model.task, card.family, ", ".join(card.bands), _gsd(model), card.title, state
        )
    for published in missing:
        table.add_row(published.name, published.task, published.family, "", "", published.title, "no weights")
    stdout_console().print(table)


@models_app.command(
    "list", epilog="Example: napari-rsseg models list --task landslide --scene scene.tif --json"
)
def list_models(
    task: Annotated[Task | None, typer.Option(help="Only models of this task.")] = None,
    scene: Annotated[Path | None, typer.Option(help="Say which models fit this scene.")] = None,
    folder: ExtraOption = None,
    as_json: JsonOption = False,
) -> None:
    """List installed models, and published ones whose weights are missing here."""
    from napari_rsseg.registry import PUBLISHED_MODELS, scan_models

    scan = scan_models(folder or ())
    models = [model for model in scan.models if task is None or model.task == task]
    names = {model.card.name for model in scan.models}
    missing = [model for model in PUBLISHED_MODELS if model.name not in names and task in (None, model.task)]
    fits = _fits(models, scene)
    if as_json:
        found = [_entry(model, fit) for model, fit in zip(models, fits, strict=True)]
        broken = [{"path": entry.path, "problem": str(entry.error)} for entry in scan.broken]
        print_json({"models": found + [_missing_entry(model) for model in missing], "broken": broken})
        return
    _print_table(models, fits, missing)
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
) -> None:
    """Show a model's card: what it expects, how good it is, under which terms."""
    from napari_rsseg.registry import find_model

    found = find_model(model, folder or ())
    card = found.card
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
        ("tile", f"{card.tile_px} px, pixels {_gsd(found)}"),
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


@models_app.command(
    "import", epilog="Example: napari-rsseg models import best_mIoU_iter_22770.pth --as ktda-grass"
)
def import_model(
    file: Annotated[
        Path, typer.Argument(help="Weight file of the authors; read as data, nothing in it runs.")
    ],
    published_as: Annotated[
        str | None,
        typer.Option("--as", metavar="MODEL", help="A model listed with missing weights; its card is taken."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the model; default: the file's.")
    ] = None,
    schema_name: Annotated[
        str | None, typer.Option("--schema", metavar="NAME|FILE", help="Classes; default: told by the file.")
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take published weights into the models folder, with a card; the network is told by the file itself."""
    from napari_rsseg.classes import named_scheme
    from napari_rsseg.jobs.importing import import_published, import_recognised
    from napari_rsseg.registry import PUBLISHED_MODELS, published_model

    if published_as is None:
        scheme = None if schema_name is None else named_scheme(schema_name)
        model = import_recognised(file, name=name, scheme=scheme, overwrite=overwrite)
    elif name or schema_name:
        raise ModelError("--as brings its own name and classes.", "Leave out --as, or --name and --schema.")
    else:
        published = published_model(published_as)
        if published is None:
            names = ", ".join(model.name for model in PUBLISHED_MODELS)
            raise ModelError(f"{published_as!r} is no published model.", f"Known are {names}.")
        model = import_published(published, file, overwrite=overwrite)
    if as_json:
        print_json(_entry(model, None))
    else:
        print(f"{model.card.name}: {model.weights_path}")


@models_app.command("schema", epilog="Example: napari-rsseg models schema > card.schema.json")
def schema() -> None:
    """Print the JSON Schema of model cards."""
    from napari_rsseg.registry import card_schema

    print_json(dict(card_schema()))
