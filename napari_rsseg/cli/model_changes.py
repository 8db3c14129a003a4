"""Commands of ``napari-rsseg models`` that bring, take and choose models."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from napari_rsseg.cli.model_entry import model_entry
from napari_rsseg.cli.options import JsonOption, OverwriteOption
from napari_rsseg.cli.reporting import error_line, note, print_json, stderr_console
from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from napari_rsseg.jobs.importing import ImportOptions
    from napari_rsseg.registry import PublishedModel

__all__ = ["default", "get_model", "import_model", "remove"]


def import_model(  # noqa: PLR0913 - a command's options
    file: Annotated[
        Path,
        typer.Argument(help="Weight file, or folder of such files; read as data, nothing in it runs."),
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
    into: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the model goes, such as a project's; default: yours."),
    ] = None,
    leave_unexpected: Annotated[
        bool, typer.Option("--leave-unexpected", help="Leave out what the network does not have.")
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take weights of others into the models folder, with a card; the network is told by the file itself."""
    from napari_rsseg.classes import named_scheme
    from napari_rsseg.jobs.importing import ImportOptions, import_file, import_published

    scheme = None if schema_name is None else named_scheme(schema_name)
    options = ImportOptions(into, scheme, overwrite, leave_unexpected)
    if published_as is not None and (name or schema_name):
        raise ModelError("--as brings its own name and classes.", "Leave out --as, or --name and --schema.")
    if file.is_dir():
        if name or published_as:
            raise ModelError(
                f"{file} is a folder, whose models are called as their files.", "Leave out --name and --as."
            )
        _import_folder(file, options, as_json=as_json)
        return
    if published_as is None:
        model = import_file(file, name=name, options=options)
    else:
        model = import_published(_published(published_as), file, options)
    if as_json:
        print_json(model_entry(model))
    else:
        print(f"{model.card.name}: {model.weights_path}")


def _published(name: str) -> PublishedModel:
    from napari_rsseg.registry import PUBLISHED_MODELS, published_model

    published = published_model(name)
    if published is None:
        names = ", ".join(model.name for model in PUBLISHED_MODELS)
        raise ModelError(f"{name!r} is no published model.", f"Known are {names}.")
    return published


def _import_folder(folder: Path, options: ImportOptions, *, as_json: bool) -> None:
    from napari_rsseg.jobs.importing import import_folder

    models, problems = [], []
    for result in import_folder(folder, options):
        if result.model is not None:
            models.append(model_entry(result.model))
            note(f"{result.source}: {result.model.card.name}")
        elif result.problem is not None:
            problems.append({"path": result.source, "problem": str(result.problem)})
            note(f"{result.source}: left out. {result.problem}")
    if as_json:
        print_json({"models": models, "left_out": problems})
    else:
        print(f"{len(models)} imported, {len(problems)} left out")
    if not models:
        error_line(f"No file of {folder} was imported. Read the reason of each above.")
        raise typer.Exit(2)


def get_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a model that the list offers to download.")],
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Download a model of others and import it; what arrived before a break is kept and continued."""
    from napari_rsseg.jobs.downloading import DownloadProgress, download_model

    with _transfer_bar() as bar:
        line = bar.add_task(name, total=None)

        def tell(progress: DownloadProgress) -> None:
            what = f"importing {name}" if progress.importing else name
            bar.update(line, completed=progress.done, total=progress.total, description=what)

        try:
            model = download_model(name, on_progress=tell, cancelled=threading.Event(), overwrite=overwrite)
        except KeyboardInterrupt:
            note("What has arrived is kept: the same command goes on from there.")
            raise
    if model is None:  # nobody sets the event
        return
    if as_json:
        print_json(model_entry(model))
    else:
        print(f"{model.card.name}: {model.weights_path} ({model.card.licence})")


def _transfer_bar() -> Progress:
    console = stderr_console()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of an installed model.")],
    as_json: JsonOption = False,
) -> None:
    """Delete the card and the weights of a model; those of the package stay."""
    from napari_rsseg.registry import remove_model

    files = remove_model(name)
    if as_json:
        print_json({"removed": list(files)})
        return
    for path in files:
        print(f"removed {path}")


def default(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="landslide, cloud, grass, another scheme, or prompts.")
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of an installed model; default: say which it is.")
    ] = None,
    starter: Annotated[bool, typer.Option("--starter", help="Begin with the starter again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say or choose which model a task begins with, in the window and on the command line."""
    from napari_rsseg.registry import default_model, set_default, unset_default

    if name is not None and starter:
        raise ModelError(f"--starter and {name} are two choices.", "Give one of them.")
    if starter:
        model = unset_default(task)
    else:
        model = default_model(task) if name is None else set_default(task, name)
    if as_json:
        print_json({"task": task, "model": model.card.name})
    else:
        print(f"{task}: {model.card.name}")
