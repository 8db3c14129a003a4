"""The command line as a whole: its commands, its exit codes, its log."""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_rsseg import __version__
from napari_rsseg.cli.dataset import dataset_app
from napari_rsseg.cli.demo import demo
from napari_rsseg.cli.doctor import doctor
from napari_rsseg.cli.evaluate import evaluate
from napari_rsseg.cli.models import models_app
from napari_rsseg.cli.project import project_app
from napari_rsseg.cli.reporting import error_line
from napari_rsseg.cli.review import review_app
from napari_rsseg.cli.scene import scene_app
from napari_rsseg.cli.segment import segment
from napari_rsseg.errors import RssegError
from napari_rsseg.settings import log_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "main"]

_LOGGER = logging.getLogger(__name__)

app = typer.Typer(
    name="napari-rsseg",
    help="Map grass, cloud and landslides in satellite and aerial images.",
    epilog="Exit codes: 0 done, 1 stopped or unexpected, 2 something asked for cannot be done.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(
    epilog="Examples: napari-rsseg segment scene.tif --task landslide --confidence --out results\n\n"
    "napari-rsseg segment folder --task cloud --vectors gpkg --out results --overwrite\n\n"
    "napari-rsseg segment --project slides\n\n"
    "napari-rsseg segment scene.tif --task grass --region 0:2048,0:2048 --scheduler tcp://host:8786",
)(segment)
app.add_typer(models_app, name="models")
app.command(
    epilog="Examples: napari-rsseg evaluate --pred results --truth masks --schema landslide --json\n\n"
    'napari-rsseg evaluate --pred a.tif --truth b.tif --schema cloud --map "64=cloud shadow,255=cloud"',
)(evaluate)
app.add_typer(review_app, name="review")
app.add_typer(scene_app, name="scene")
app.add_typer(dataset_app, name="dataset")
app.add_typer(project_app, name="project")
app.command(epilog="Example: napari-rsseg demo --scene scene.tif --out results")(demo)
app.command(epilog="Example: napari-rsseg doctor --json")(doctor)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"napari-rsseg {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Map grass, cloud and landslides in satellite and aerial images."""


def _log_file() -> Path:
    """Return the log file, in the user's cache or, where that cannot be written, among temporary files."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder / "napari-rsseg.log"
    except OSError:
        pass
    return Path(tempfile.gettempdir()) / "napari-rsseg.log"


def _start_logging() -> tuple[logging.Handler, Path]:
    """Send what the package logs to a file; the file is made with the first entry."""
    path = _log_file()
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    package = logging.getLogger("napari_rsseg")
    package.addHandler(handler)
    package.propagate = False  # results and problems are printed by the commands themselves
    return handler, path


def _run(arguments: Sequence[str] | None, log: Path) -> int:
    try:
        app(None if arguments is None else list(arguments), prog_name="napari-rsseg")
    except SystemExit as stop:  # typer ends every command this way
        code = stop.code if isinstance(stop.code, int) else 1
        return code if code in (0, 2) else 1
    except RssegError as error:
        error_line(str(error))
        return 2
    except KeyboardInterrupt:
        error_line("Stopped.")
        return 1
    except Exception as error:  # the last door: whatever comes is logged and named
        _LOGGER.exception("unexpected")
        error_line(f"{type(error).__name__}: {error}. This is a defect; its details are in {log}.")
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name; default: those of this process.

    Returns
    -------
    int
        0 done; 1 stopped, incomplete or unexpected; 2 something asked for cannot be done.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # any file name can be printed anywhere
    handler, log = _start_logging()
    try:
        return _run(arguments, log)
    finally:
        package = logging.getLogger("napari_rsseg")
        package.removeHandler(handler)
        package.propagate = True
        handler.close()
