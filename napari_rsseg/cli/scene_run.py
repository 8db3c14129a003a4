"""One scene from file to label GeoTIFF, as the command line runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_rsseg.cli.reporting import note, progress_bar
from napari_rsseg.errors import OutputError
from napari_rsseg.jobs import class_areas, plan_outputs, plan_segmentation, write_outputs
from napari_rsseg.registry import fit
from napari_rsseg.scenes import open_scene

if TYPE_CHECKING:
    from napari_rsseg.engine.cluster import Engine
    from napari_rsseg.engine.events import EngineEvent, PredictionReport
    from napari_rsseg.engine.request import DeviceChoice, PredictionRequest
    from napari_rsseg.jobs import ClassArea, OutputPlan
    from napari_rsseg.registry import ModelFile
    from napari_rsseg.scenes import Scene, Window

__all__ = ["EngineSource", "SceneResult", "SceneRun", "Stopped", "predict"]


class Stopped(Exception):
    """The user stopped a prediction; what is done is kept."""


@dataclass
class EngineSource:
    """An engine that starts when the first scene needs it, and ends with the context.

    Parameters
    ----------
    scheduler : str or None
        Address of a scheduler; None: this machine.
    """

    scheduler: str | None
    _engine: Engine | None = field(default=None, repr=False)

    def get(self) -> Engine:
        """Return the engine, started now if need be."""
        if self._engine is None:
            from napari_rsseg.engine.cluster import Engine

            self._engine = Engine.start(self.scheduler, interactive=False, tell=note)
        return self._engine

    def __enter__(self) -> EngineSource:
        return self

    def __exit__(self, *_reason: object) -> None:
        if self._engine is not None:
            self._engine.close()


@dataclass(frozen=True)
class SceneResult:
    """What came of one scene."""

    scene: str
    request: PredictionRequest
    report: PredictionReport
    files: tuple[Path, ...]
    areas: tuple[ClassArea, ...]
    warnings: tuple[str, ...]

    def facts(self) -> dict[str, object]:
        """Return the result as names and values, for JSON."""
        return {
            "scene": self.scene,
            "model": self.request.card.name,
            "model_sha256": self.request.card.sha256,
            "region": str(self.request.region),
            "files": list(self.files),
            "areas": [
                {"name": area.name, "pixels": area.pixels, "hectares": area.hectares, "percent": area.percent}
                for area in self.areas
            ],
            "seconds": self.report.seconds,
            "pixels_per_second": self.report.pixels_per_second,
            "device": self.report.device,
            "precision": self.report.precision,
            "changes": list(self.report.changes),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class SceneRun:
    """How every scene of a command is segmented.

    Attributes
    ----------
    task : str
        Name of the scheme.
    model : ModelFile
        With what.
    device, tta, probabilities, overview
        Options of the prediction, see ``jobs.segmentation.SegmentationOptions``.
    confidence : bool
        Whether to write the confidence as well.
    vectors : {"gpkg", "geojson"} or None
        Format of polygons to write as well.
    region : Window or None
        The part to predict; None: the whole scene.
    out : Path
        Folder of the results.
    overwrite : bool
        Whether files that exist may be replaced.
    """

    task: str
    model: ModelFile
    device: DeviceChoice
    tta: bool
    probabilities: bool
    confidence: bool
    vectors: Literal["gpkg", "geojson"] | None
    region: Window | None
    out: Path
    overwrite: bool
    overview: bool = False

    def execute(self, uri: str, engines: EngineSource, taken: set[Path]) -> SceneResult:
        """Segment one scene and write its files.

        Parameters
        ----------
        uri : str
            The scene.
        engines : EngineSource
            Gives the engine.
        taken : set of Path
            Label files that this command has written; the new one is added.

        Raises
        ------
        RssegError
            When the scene cannot be read, the model does not fit it, or a file cannot be written.
        Stopped
            When the user pressed Ctrl-C.
        """
        scene = open_scene(uri)
        try:
            request = plan_segmentation(scene, self.model, options=self, region=self.region)
            outputs = self._plan_outputs(scene, taken)
            warnings = fit(self.model.card, scene).warnings
            for text in warnings:
                note(f"note: {uri}: {text}")
            report = predict(uri, request, engines.get())
            files = tuple(write_outputs(request, report, scene, outputs))
            taken.add(outputs.labels)
            return SceneResult(uri, request, report, files, class_areas(request, scene.gsd_m), warnings)
        finally:
            scene.close()

    def _plan_outputs(self, scene: Scene, taken: set[Path]) -> OutputPlan:
        """Name the files, and refuse before the run what could not be written after it."""
        wanted: list[Literal["confidence", "probabilities"]] = []
        if self.confidence:
            wanted.append("confidence")
        if self.probabilities:
            wanted.append("probabilities")
        plan = plan_outputs(
            scene, self.task, self.out, wanted=wanted, vectors=self.vectors, overwrite=self.overwrite
        )
        if plan.labels in taken:
            raise OutputError(
                f"{plan.labels} was just written for another scene of the same name as {scene.uri}.",
                "Run the two one after the other, each with its own --out.",
            )
        return plan


def predict(uri: str, request: PredictionRequest, engine: Engine) -> PredictionReport:
    """Predict what is missing, with a progress bar.

    Raises
    ------
    Stopped
        When the user pressed Ctrl-C.
    """
    from napari_rsseg.engine.events import Changed, Progress

    with progress_bar() as bar:
        task = bar.add_task(Path(uri).name, total=None, rate="")

        def show(event: EngineEvent) -> None:
            if isinstance(event, Progress):
                rate = f"{event.pixels_per_second / 1e6:.2f} Mpx/s" if event.pixels_per_second else ""
                bar.update(task, completed=event.done, total=event.total, rate=rate)
            elif isinstance(event, Changed):
                note(f"note: {uri}: {event.message}")

        job = engine.predict(request, on_event=show)
        stopped = False
        try:
            report = job.wait()
        except KeyboardInterrupt:
            stopped = True
            job.cancel()
            report = job.wait()
    if stopped:
        done, total = len(report.done), len(report.done) + len(report.missing)
        raise Stopped(f"Stopped with {done} of {total} blocks of {uri} done.")
    return report
