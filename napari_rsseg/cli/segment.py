"""``napari-rsseg segment``: scenes in, label GeoTIFFs out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES
from napari_rsseg.cli.options import Device, DeviceOption, JsonOption, OverwriteOption, SchedulerOption
from napari_rsseg.cli.reporting import error_line, note, print_json, stdout_console
from napari_rsseg.errors import ModelError, RssegError, SettingsError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.cli.scene_run import SceneResult, SceneRun
    from napari_rsseg.registry import ModelFile

__all__ = ["segment"]


class VectorFormat(StrEnum):
    """Formats of polygons."""

    gpkg = "gpkg"
    geojson = "geojson"


def _model_of(name: str | None, task: str | None) -> ModelFile:
    """Return the model asked for, or the default one of the task.

    Raises
    ------
    ModelError
        When neither is said, there is no such model, it is broken, or it predicts something else.
    """
    from napari_rsseg.registry import default_model, find_model

    if name is None and task is None:
        raise ModelError(
            "Neither --task nor --model says what to map.",
            f"Give --task {', '.join(BUILTIN_SCHEMES)}, or a model of a scheme of your own.",
        )
    if name is None:
        assert task is not None
        return default_model(task)
    model = find_model(name)
    if model.task is None:
        raise ModelError(
            f"Model {model.card.name} segments nothing without prompts.",
            "Choose a model of a task: napari-rsseg models list",
        )
    if task not in (None, model.task):
        raise ModelError(
            f"Model {model.card.name} segments {model.task}, not {task}.",
            f"List those that do: napari-rsseg models list --task {task}",
        )
    return model


def _print_result(result: SceneResult) -> None:
    console = stdout_console()
    for path in result.files:
        console.print(str(path), soft_wrap=True)
    table = Table("class", "pixels", "ha", "%", box=None)
    for area in result.areas:
        hectares = "-" if area.hectares is None else f"{area.hectares:,.2f}"
        table.add_row(area.name, f"{area.pixels:,}", hectares, f"{area.percent:.2f}")
    console.print(table)
    report = result.report
    if report.device:
        speed = f"{report.pixels_per_second / 1e6:.3f} Mpx/s"
        console.print(f"{report.seconds:.1f} s, {speed} on {report.device} ({report.precision})")


def _run_all(run: SceneRun, scenes: list[str], scheduler: str | None, *, as_json: bool) -> int:
    """Segment scenes one after the other; return the exit code."""
    from napari_rsseg.cli.scene_run import EngineSource, Stopped

    results: list[SceneResult] = []
    failed: list[dict[str, object]] = []
    taken: set[Path] = set()
    stopped = False
    with EngineSource(scheduler) as engines:
        for scene in scenes:
            try:
                result = run.execute(scene, engines, taken)
            except RssegError as error:
                failed.append({"scene": scene, "problem": str(error)})
                error_line(str(error) if scene in str(error) else f"{scene}: {error}")
                continue
            except Stopped as stop:
                stopped = True
                note(f"{stop} The same command goes on from there.")
                break
            results.append(result)
            if not as_json:
                _print_result(result)
    if as_json:
        entries = [result.facts() for result in results]
        print_json({"task": run.task, "scenes": entries, "failed": failed, "stopped": stopped})
    if failed and len(scenes) > 1:
        names = ", ".join(str(entry["scene"]) for entry in failed)
        note(f"{len(failed)} of {len(scenes)} scenes failed: {names}")
    if failed:
        return 2
    return 1 if stopped else 0


def _segment_project(
    root: Path,
    wanted: tuple[str | None, str | None],
    device: Device,
    *,
    tta: bool,
    scheduler: str | None,
    as_json: bool,
) -> None:
    model, task = wanted
    from napari_rsseg.cli.project_run import ProjectRun
    from napari_rsseg.project.project_file import read_settings

    found = _model_of(model, task or (None if model else read_settings(root).scheme.name))
    code = ProjectRun(found, device.value, tta).execute(root, scheduler, as_json=as_json)
    if code:
        raise typer.Exit(code)


def segment(  # noqa: PLR0913 - each is an option of the command
    scenes: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENE...", help="Files, product folders, URLs, or folders of rasters."),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Segment all scenes of a project, into it; files are not written."),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What to map: landslide, cloud, grass, or a scheme of your own; default: the model's.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="See napari-rsseg models list; default: the task's own."),
    ] = None,
    device: DeviceOption = Device.auto,
    scheduler: SchedulerOption = None,
    region: Annotated[
        str | None, typer.Option(metavar="ROW0:ROW1,COL0:COL1", help="Only this part of each scene, pixels.")
    ] = None,
    tta: Annotated[
        bool, typer.Option("--tta", help="Predict each tile in eight orientations and average.")
    ] = False,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Also write round(250 p), 255 = nodata.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also write a float16 band per class.")
    ] = False,
    vectors: Annotated[VectorFormat | None, typer.Option(help="Also write polygons.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the results.")] = Path(),
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Segment scenes and write STEM_TASK.tif: class ids, 255 = nodata, CRS kept.

    A scene that cannot be segmented is named, the others go on, and the command ends with 2.

    Ctrl-C stops; the same command then goes on with the blocks that are missing.

    --overwrite replaces an earlier result with all its files, also those not asked for now.
    """
    window = None if region is None else Window.parse(region)
    if project is not None:
        if scenes or confidence or vectors or region or overwrite or out != Path():
            raise SettingsError(
                "--project predicts all scenes of the project, into it.",
                "Leave out SCENE, --region and the options of files; export with napari-rsseg dataset.",
            )
        _segment_project(project, (model, task), device, tta=tta, scheduler=scheduler, as_json=as_json)
        return
    if not scenes:
        raise SettingsError("No scene is named.", "Name files or folders, or give --project DIR.")
    found = _model_of(model, task)
    assert found.task is not None  # prompt models are refused
    from napari_rsseg.cli.scene_run import SceneRun
    from napari_rsseg.jobs.scene_files import expand_scenes

    run = SceneRun(
        task=found.task,
        model=found,
        device=device.value,
        tta=tta,
        probabilities=probabilities,
        confidence=confidence,
        vectors=None if vectors is None else vectors.value,
        region=window,
        out=out,
        overwrite=overwrite,
    )
    code = _run_all(run, expand_scenes(scenes, found.task), scheduler, as_json=as_json)
    if code:
        raise typer.Exit(code)
