"""``napari-rsseg doctor``: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import typer
from rich.table import Table

from napari_rsseg.cli.options import JsonOption
from napari_rsseg.cli.reporting import print_json, stdout_console

__all__ = ["doctor"]


def doctor(as_json: JsonOption = False) -> None:
    """Look at versions, device, engine, OpenGL, models and disk; say what works and what to do.

    Ends with 1 when something does not work.
    """
    from napari_rsseg.cli import health

    torch_check, torch = health.check_torch()
    checks = [
        health.check_versions(),
        health.check_qt(),
        torch_check,
        health.check_gpu(torch),
        health.check_engine(),
        health.check_opengl(),
        health.check_models(),
        health.check_weights(),
        health.check_disk(),
    ]
    if as_json:
        entries = [
            {"name": check.name, "state": check.state, "found": check.found, "remedy": check.remedy}
            for check in checks
        ]
        print_json({"checks": entries, "works": all(check.state != "problem" for check in checks)})
    else:
        table = Table("", "what", "found", "what to do", box=None, pad_edge=False)
        marks = {"ok": "ok", "warning": "look", "problem": "NO"}
        for check in checks:
            table.add_row(marks[check.state], check.name, check.found, check.remedy)
        stdout_console().print(table)
    if any(check.state == "problem" for check in checks):
        raise typer.Exit(1)
