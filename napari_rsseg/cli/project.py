"""``napari-rsseg project``: folders of scenes and labels, made, looked at, checked and mended."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_rsseg.cli.options import JsonOption, ProjectFolder
from napari_rsseg.cli.project_facts import print_project, project_facts
from napari_rsseg.cli.project_sharing import assign, merge
from napari_rsseg.cli.reporting import error_line, note, print_json
from napari_rsseg.errors import ProjectError, SceneError, SettingsError

if TYPE_CHECKING:
    from napari_rsseg.jobs.project_making import AddedScene
    from napari_rsseg.project import Project

__all__ = ["project_app"]

project_app = typer.Typer(
    help="Make, open, check, mend, share out and join projects: folders of scenes with their labels.",
    no_args_is_help=True,
)

project_app.command(
    "assign", epilog="Example: napari-rsseg project assign slides --annotators ada,bob --overlap 10%"
)(assign)
project_app.command("merge", epilog="Example: napari-rsseg project merge slides slides-ada slides-bob")(merge)


@project_app.command(
    "create",
    epilog="Examples: napari-rsseg project create slides --schema landslide scenes\n\n"
    "napari-rsseg project create meadows --schema grass --annotator ada a.tif b.tif",
)
def create(
    folder: ProjectFolder,
    scenes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENE]...", help="Files, product folders, URLs, or folders of rasters."),
    ] = None,
    schema_name: Annotated[
        str, typer.Option("--schema", metavar="NAME|FILE", help="Classes: landslide, cloud, grass, a TOML.")
    ] = "",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the project; default: the folder's.")
    ] = None,
    annotator: Annotated[
        str | None, typer.Option("--annotator", metavar="NAME", help="Who labels; default: who is logged in.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project of scenes, each added or named with what is wrong with it.

    Without SCENE the rasters in DIR itself are taken. Labels painted on these scenes before, without a
    project, come into it with their history.
    """
    from napari_rsseg.classes import BUILTIN_SCHEMES, named_scheme
    from napari_rsseg.jobs.project_making import add_scenes
    from napari_rsseg.jobs.scene_files import expand_scenes
    from napari_rsseg.project import Project, remember_recent

    if not schema_name:
        raise ProjectError(
            "Nothing says which classes the project has.",
            f"Give --schema {', '.join(BUILTIN_SCHEMES)}, or a TOML file of your own.",
        )
    scheme = named_scheme(schema_name)
    found = expand_scenes(scenes, scheme.name) if scenes else _inside(folder, scheme.name)
    title = name or folder.absolute().name
    with Project.create(folder, name=title, scheme=scheme, annotator=annotator) as project:
        added = list(add_scenes(project, found))
        remember_recent(project)
    _tell_added(folder, added, as_json=as_json)
    if any(scene.entry is None for scene in added):
        raise typer.Exit(2)


def _inside(folder: Path, scheme: str) -> list[str]:
    """Return the rasters that lie in the folder that becomes a project; it may hold none."""
    from napari_rsseg.jobs.scene_files import expand_scenes

    try:
        return expand_scenes([str(folder)], scheme) if folder.is_dir() else []
    except SceneError:
        return []


def _tell_added(folder: Path, added: list[AddedScene], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "project": folder,
                "scenes": [
                    {
                        "id": scene.entry.id,
                        "uri": scene.uri,
                        "steps_taken_over": 0 if scene.taken_over is None else scene.taken_over.steps,
                    }
                    for scene in added
                    if scene.entry is not None
                ],
                "failed": [
                    {"scene": scene.uri, "problem": scene.problem} for scene in added if scene.entry is None
                ],
            }
        )
    for scene in added:
        if scene.entry is None:
            error_line(scene.problem if scene.uri in scene.problem else f"{scene.uri}: {scene.problem}")
        elif not as_json:
            print(f"{scene.entry.id}: {scene.uri}")
        if scene.taken_over is not None and scene.taken_over.held_by:
            note(f"note: {scene.uri} is edited without a project by {scene.taken_over.held_by}.")
        elif scene.taken_over is not None:
            note(f"note: {scene.uri}: {scene.taken_over.steps} edits made without a project are now in it.")
    if not as_json:
        count = sum(scene.entry is not None for scene in added)
        print(f"{folder}: {count} of {len(added)} scenes")


@project_app.command(
    "open",
    epilog="Examples: napari-rsseg project open slides\n\n"
    "napari-rsseg project open slides --scene iburi=/data/moved/iburi.tif",
)
def open_project(
    folder: ProjectFolder,
    places: Annotated[
        list[str] | None,
        typer.Option("--scene", metavar="ID=PATH", help="Where a scene is now; may be given again."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a project up to date, find scenes that moved, and put it first on the start page."""
    from napari_rsseg.project import Project, remember_recent

    with Project.open(folder) as project:
        if project.is_read_only:
            note(f"note: open only to read, held by {project.holder}.")
        for place in places or []:
            scene_id, _, path = place.partition("=")
            if not path:
                raise ProjectError(f"--scene {place!r} names no place.", "Write --scene ID=PATH.")
            project.require_writable()
            project.place_scene(project.scene(scene_id), path).close()
        problems = _scene_problems(project)
        remember_recent(project)
        if as_json:
            print_json({**project_facts(project), "problems": problems})
        else:
            print_project(project)
    for problem in problems:
        error_line(problem)
    if problems:
        raise typer.Exit(2)


def _scene_problems(project: Project) -> list[str]:
    """Open each scene as it was added, found again where it moved; return what is wrong."""
    problems = []
    for entry in project.scenes():
        try:
            project.open_scene(entry).close()
        except (ProjectError, SceneError) as error:
            problems.append(str(error))
    return problems


@project_app.command("info", epilog="Example: napari-rsseg project info slides --json")
def info(folder: ProjectFolder, as_json: JsonOption = False) -> None:
    """Print classes, scenes, states of windows, and who may write."""
    from napari_rsseg.project import Project

    with Project.open(folder) as project:
        if as_json:
            print_json(project_facts(project))
        else:
            print_project(project)


@project_app.command("check", epilog="Example: napari-rsseg project check slides --json")
def check(folder: ProjectFolder, as_json: JsonOption = False) -> None:
    """Look whether settings, catalogue, labels, journals and scenes are whole; ends with 2 if not.

    Nothing is changed, and the project may be open elsewhere.
    """
    from napari_rsseg.jobs.project_check import check_project

    findings = check_project(folder)
    if as_json:
        print_json({"project": folder, "is_whole": not findings, "findings": [asdict(it) for it in findings]})
    for finding in findings if not as_json else ():
        place = finding.part if finding.scene is None else f"{finding.part} of {finding.scene}"
        print(f"{place}: {finding.problem}. {finding.remedy}")
    if not findings and not as_json:
        print(f"{folder} is whole.")
    if findings:
        raise typer.Exit(2)


@project_app.command("repair", epilog="Example: napari-rsseg project repair slides")
def repair(folder: ProjectFolder, as_json: JsonOption = False) -> None:
    """Mend what is damaged: what is whole stays, labels come back from their journal.

    What was damaged is kept in backups/damaged-TIME.
    """
    from napari_rsseg.jobs.project_repair import repair_project

    repairs = repair_project(folder)
    if as_json:
        print_json({"project": folder, "repairs": [asdict(it) for it in repairs]})
        return
    for mended in repairs:
        place = mended.part if mended.scene is None else f"{mended.part} of {mended.scene}"
        print(f"{place}: {mended.done}")
    if not repairs:
        print(f"{folder} needs no repair.")


@project_app.command(
    "classes",
    epilog="Examples: napari-rsseg project classes slides --schema slides-and-scars.toml\n\n"
    'napari-rsseg project classes slides --schema two.toml --map "scar=landslide,water=ignore"',
)
def classes(
    folder: ProjectFolder,
    schema_name: Annotated[str, typer.Option("--schema", metavar="NAME|FILE", help="The new classes.")],
    becomes: Annotated[
        str, typer.Option("--map", metavar="OLD=NEW,...", help="What classes become that are no more.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Give a project in use other classes: more, other names, or a remap said class by class.

    Labels, history and undo keep their meaning. Where ids change, the old labels are kept in backups.
    """
    from napari_rsseg.classes import named_scheme
    from napari_rsseg.jobs.project_classes import change_classes
    from napari_rsseg.project import Project

    pairs = [entry.partition("=") for entry in becomes.split(",") if entry.strip()]
    if not all(new.strip() for _, _, new in pairs):
        raise SettingsError(f"--map {becomes!r} is not understood.", 'Write it as "old=new,other=ignore".')
    scheme = named_scheme(schema_name)
    with Project.open(folder) as project:
        said = change_classes(project, scheme, {old.strip(): new.strip() for old, _, new in pairs})
    if as_json:
        print_json({"project": folder, **asdict(said)})
        return
    for old, new in said.names.items():
        print(f"{old}: {new}")
    if said.kept is not None:
        print(f"The labels as they were: {said.kept}")
