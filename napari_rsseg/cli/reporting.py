"""How commands speak: results to stdout, progress and problems to stderr."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

__all__ = [
    "error_line",
    "interval_text",
    "json_value",
    "note",
    "print_json",
    "progress_bar",
    "stderr_console",
    "stdout_console",
    "text_of",
]

_PIPE_COLUMNS = 160  # a table sent to a file or a pipe is not cut to a terminal's 80


def stdout_console() -> Console:
    """Return the console for results; wide where stdout is no terminal.

    Text is printed as it is: names of files and packages may hold brackets and colons.
    """
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    return Console(width=width, highlight=False, soft_wrap=False, markup=False, emoji=False)


def stderr_console() -> Console:
    """Return the console for what comes and goes beside the results."""
    return Console(stderr=True)


def progress_bar() -> Progress:
    """Return a progress bar on stderr, which vanishes when done and is silent without a terminal."""
    console = stderr_console()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def note(text: str) -> None:
    """Print one line to stderr: what the user should know beside the result."""
    print(text, file=sys.stderr)


def error_line(text: str) -> None:
    """Print an error as one line to stderr."""
    note(f"error: {' '.join(text.split())}")


def json_value(value: object) -> JsonValue:
    """Return a value as JSON knows it: NaN and infinity become null, tuples lists, paths text."""
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(values: Mapping[str, object] | list[dict[str, object]]) -> None:
    """Print JSON to stdout."""
    print(json.dumps(json_value(values), indent=2, allow_nan=False))


def text_of(value: float | None, *, digits: int = 3) -> str:
    """Return a score for a table; a dash where it is undefined."""
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def interval_text(low: float | None, high: float | None) -> str:
    """Return a confidence interval for a table; a dash where there is none, as of a single image."""
    return "-" if low is None or high is None else f"{text_of(low)} to {text_of(high)}"
