"""``napari-rsseg demo``: the whole loop shown once, with a window or without."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_rsseg.cli.options import JsonOption
from napari_rsseg.cli.reporting import note, print_json
from napari_rsseg.cli.screen import open_screen
from napari_rsseg.errors import SceneError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from napari_rsseg.cli.screen import Screen

__all__ = ["demo"]

_SCENE = "synthetic:size=1024,seed=0"


def _require_window_packages() -> None:
    """Refuse to go on without napari and a Qt binding.

    Raises
    ------
    SettingsError
        When one of them is not installed.
    """
    missing = [] if find_spec("napari") else ["napari"]
    if not any(find_spec(binding) for binding in ("PySide6", "PyQt6", "PyQt5")):
        missing.append("a Qt binding")
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} cannot be found, so no window can open.",
            f'Run: {sys.executable} -m pip install "napari-rsseg[gui]"',
        )


def _lines_of(scene: str, out: Path, screen: Screen) -> Iterator[str]:
    """Run the demo in a process of its own and yield what it prints, as it comes.

    Raises
    ------
    SettingsError
        When it ends with an error.
    """
    command = [sys.executable, "-m", "napari_rsseg.viewer.demo", "--scene", scene, "--out", str(out)]
    if screen.virtual:
        command.append("--headless")
    with subprocess.Popen(
        command, env=dict(screen.environment), stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as child:
        assert child.stdout is not None
        yield from child.stdout
    if child.returncode == 2:  # it has said why
        raise typer.Exit(2)
    if child.returncode:
        raise SettingsError(
            f"The demo's window ended with code {child.returncode}.",
            "Run napari-rsseg doctor, which says what is wrong with this machine.",
        )


def _report_in(line: str) -> dict[str, JsonValue] | None:
    """Return the report of the demo if this line is one."""
    if not line.startswith("{"):
        return None
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _print_report(report: JsonValue, *, indent: int = 0) -> None:
    """Print nested names and values, a line each."""
    entries = report.items() if isinstance(report, dict) else ()
    for name, value in entries:
        label = f"{'  ' * indent}{str(name).replace('_', ' ')}"
        if isinstance(value, dict):
            print(f"{label}:")
            _print_report(value, indent=indent + 1)
        elif isinstance(value, list):
            for item in value:
                print(f"{label}: {item}")
        else:
            print(f"{label}: {f'{value:.4g}' if isinstance(value, float) else value}")


def demo(
    scene: Annotated[
        str, typer.Option(metavar="F", help="File, folder or URL; default: a synthetic scene.")
    ] = _SCENE,
    out: Annotated[Path, typer.Option(help="Folder for screenshot and label GeoTIFFs.")] = Path(
        "napari-rsseg-demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Open napari on a scene and segment landslides, clouds and grass.

    The window stays open. Without a screen the same runs under Xvfb, and screenshot and label GeoTIFFs are
    written to the folder named.
    """
    _require_window_packages()
    if ":" not in scene and not Path(scene).exists():
        raise SceneError(f"{scene} does not exist.", "Give a raster, or leave --scene out.")
    with open_screen() as screen:
        if screen.virtual:
            note("No screen here: the demo runs under Xvfb and writes what it shows.")
        report = None
        for line in _lines_of(scene, out, screen):
            found = _report_in(line)
            if found is None:
                note(line.rstrip())
                continue
            report = found
            if as_json:
                print_json(dict(report))
            else:
                _print_report(report)
    if report is None:
        raise SettingsError("The demo ended without a report.", "Run napari-rsseg doctor.")
