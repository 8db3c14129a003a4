"""A project as names and values, and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from napari_rsseg.cli.reporting import stdout_console

if TYPE_CHECKING:
    from napari_rsseg.project import Project

__all__ = ["print_project", "project_facts"]


def project_facts(project: Project) -> dict[str, object]:
    """Return what a project is and holds, for JSON."""
    settings = project.settings
    return {
        "project": project.root,
        "name": settings.name,
        "schema": settings.scheme.model_dump(mode="json"),
        "annotator": settings.annotator,
        "is_part": settings.is_part,
        "created": settings.created,
        "is_read_only": project.is_read_only,
        "held_by": project.holder if project.is_read_only else None,
        "windows": _states(project),
        "scenes": [
            {
                "id": entry.id,
                "uri": entry.uri,
                "fingerprint": entry.fingerprint,
                "height": entry.height,
                "width": entry.width,
                "gsd_m": entry.gsd_m,
                "acquired": entry.acquired,
                "edits": project.label_store(entry.id).sequence,
            }
            for entry in project.scenes()
        ],
        "versions": _count(project, "versions"),
        "open_conflicts": _count(project, "conflicts", "resolved_at IS NULL"),
    }


def print_project(project: Project) -> None:
    """Print what a project is and holds, as text."""
    settings = project.settings
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("name", settings.name)
    table.add_row("folder", str(project.root))
    table.add_row("classes", f"{settings.scheme.name}: {', '.join(settings.scheme.names)}")
    table.add_row("annotator", settings.annotator or "whoever is logged in")
    if project.is_read_only:
        table.add_row("held by", project.holder)
    for state, count in _states(project).items():
        table.add_row(f"windows {state}", f"{count:,}")
    conflicts = _count(project, "conflicts", "resolved_at IS NULL")
    if conflicts:
        table.add_row("open conflicts", f"{conflicts:,}")
    scenes = Table(
        "scene", "rows x columns", "pixel m", "acquired", "edits", "file", box=None, pad_edge=False
    )
    for entry in project.scenes():
        gsd = "-" if entry.gsd_m is None else f"{entry.gsd_m:.4g}"
        edits = project.label_store(entry.id).sequence
        size = f"{entry.height} x {entry.width}"
        scenes.add_row(entry.id, size, gsd, entry.acquired or "-", f"{edits:,}", entry.uri)
    console = stdout_console()
    console.print(table)
    console.print(scenes)


def _states(project: Project) -> dict[str, int]:
    rows = project.catalogue.rows(
        "SELECT state, count(*) AS number FROM windows GROUP BY state ORDER BY state"
    )
    return {row["state"]: row["number"] for row in rows}


def _count(project: Project, table: str, where: str = "1") -> int:
    return int(project.catalogue.rows(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])
