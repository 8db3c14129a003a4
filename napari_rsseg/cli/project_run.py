"""``napari-rsseg segment --project``: all scenes of a project, predicted into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.cli.reporting import error_line, note, print_json
from napari_rsseg.cli.scene_run import EngineSource, Stopped, predict
from napari_rsseg.errors import RssegError
from napari_rsseg.jobs import plan_segmentation
from napari_rsseg.jobs.project_segmentation import require_scheme, take_prediction
from napari_rsseg.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.project import SceneEntry
    from napari_rsseg.registry import ModelFile

__all__ = ["ProjectRun"]


@dataclass(frozen=True)
class ProjectRun:
    """How the scenes of a project are segmented.

    Attributes
    ----------
    model : ModelFile
        With what.
    device, tta, overview, probabilities
        Options of the prediction, see ``jobs.segmentation.SegmentationOptions``.
    """

    model: ModelFile
    device: DeviceChoice
    tta: bool
    overview: bool = False
    probabilities: bool = False

    def execute(self, root: Path, scheduler: str | None, *, as_json: bool) -> int:
        """Segment all scenes, one after the other; return the exit code.

        Raises
        ------
        ProjectError
            When the project cannot be written.
        ModelError
            When the model predicts other classes.
        """
        results: list[dict[str, object]] = []
        failed: list[dict[str, object]] = []
        stopped = False
        with Project.open(root) as project, EngineSource(scheduler) as engines:
            project.require_writable()
            require_scheme(project, self.model)
            for entry in project.scenes():
                try:
                    results.append(self._one(project, entry, engines))
                except RssegError as error:
                    failed.append({"scene": entry.id, "problem": str(error)})
                    error_line(f"{entry.id}: {error}")
                    continue
                except Stopped as stop:
                    stopped = True
                    note(f"{stop} The same command goes on from there.")
                    break
                if not as_json:
                    print(f"{entry.id}: {results[-1]['changed_pixels']:,} pixels predicted")
        if as_json:
            print_json({"project": root, "scenes": results, "failed": failed, "stopped": stopped})
        return 2 if failed else int(stopped)

    def _one(self, project: Project, entry: SceneEntry, engines: EngineSource) -> dict[str, object]:
        scene = project.open_scene(entry)
        try:
            request = plan_segmentation(
                scene, self.model, options=self, store_root=project.predictions_folder
            )
            try:
                report = predict(entry.uri, request, engines.get())
            finally:
                changed = take_prediction(project, entry, request) if request.store.exists() else 0
        finally:
            scene.close()
        return {
            "scene": entry.id,
            "model": request.card.name,
            "prediction": request.store,
            "changed_pixels": changed,
            "seconds": report.seconds,
        }
