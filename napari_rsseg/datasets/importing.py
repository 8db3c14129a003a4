"""Labels made elsewhere into the label stores of a project; what people corrected there stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.sessions import sessions_of
from napari_rsseg.editing import Operation
from napari_rsseg.errors import DatasetError, SceneError
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.georeferencing import crs_label, pixel_to_map, same_crs
from napari_rsseg.scenes.opening import open_scene
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_rsseg.datasets.sessions import SessionOf
    from napari_rsseg.editing import Session
    from napari_rsseg.project import Project
    from napari_rsseg.scenes.scene import Georeference, Scene

__all__ = ["ImportReport", "LabelledImage", "Labels", "import_labels"]

_BLOCK_PX = 4096
_SAME_PLACE = 0.1  # of a pixel
_HUMAN = (int(Provenance.CORRECTED), int(Provenance.ACCEPTED))


class Labels(Protocol):
    """Class ids of one image, read when asked for."""

    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def georeference(self) -> Georeference: ...  # noqa: D102

    def check(self) -> None:
        """Look at every pixel once.

        Raises
        ------
        DatasetError
            When a value means nothing.
        """
        ...

    def read(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids of a window, (rows, columns); 255 where nothing is said."""
        ...


@dataclass(frozen=True)
class LabelledImage:
    """An image and how to open its labels.

    Attributes
    ----------
    name : str
        How reports call it.
    image : Path
        The image.
    open_labels : callable
        Gives its labels; raises DatasetError where they cannot be read.
    """

    name: str
    image: Path
    open_labels: Callable[[Scene], Labels]


@dataclass
class ImportReport:
    """What an import did.

    Attributes
    ----------
    imported : list of str
        Images whose labels were taken.
    problems : list of str
        What was wrong with others, a sentence each with its file.
    class_pixels : ndarray, (classes,), int64
        Pixels of each class in what was taken.
    unlabelled_pixels : int
        Pixels about which the masks say nothing.
    kept_pixels : int
        Pixels that stayed as people had corrected or accepted them.
    changed_pixels : int
        Pixels that are different now.
    """

    class_pixels: npt.NDArray[np.int64]
    imported: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unlabelled_pixels: int = 0
    kept_pixels: int = 0
    changed_pixels: int = 0


def import_labels(
    project: Project,
    images: Sequence[LabelledImage],
    *,
    source: str,
    session_of: SessionOf | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Take labels into a project, image by image; a bad one is reported and the others are kept.

    Parameters
    ----------
    project : Project
        Open to write; images it does not know become its scenes.
    images : sequence of LabelledImage
        What to take.
    source : str
        Name of the set, as histories show it.
    session_of : callable, optional
        Gives the session of a scene; default: opened and closed here.
    on_progress : callable
        Told how many images are done; may raise to stop between two of them.

    Raises
    ------
    ProjectError
        When the project is open only to read.
    OutputError
        When the disk is full or cannot be written.
    """
    project.require_writable()
    report = ImportReport(np.zeros(len(project.scheme.classes), dtype=np.int64))
    opened = session_of or sessions_of(project)
    for number, image in enumerate(images):
        on_progress(number, len(images))
        try:
            _import_one(project, image, source, opened, report)
        except (DatasetError, SceneError) as error:
            report.problems.append(str(error))
        else:
            report.imported.append(image.name)
    on_progress(len(images), len(images))
    return report


def _import_one(
    project: Project,
    image: LabelledImage,
    source: str,
    opened: SessionOf,
    report: ImportReport,
) -> None:
    scene = open_scene(image.image)
    try:
        labels = image.open_labels(scene)
        _require_same_grid(image, scene, labels)
        labels.check()
        entry = project.add_scene(scene)
    finally:
        scene.close()
    with opened(entry) as session:
        actor = project.catalogue.actor("import", source)
        for row in range(0, entry.height, _BLOCK_PX):
            for column in range(0, entry.width, _BLOCK_PX):
                block = Window(row, row + _BLOCK_PX, column, column + _BLOCK_PX)
                window = block.intersection(Window.of(entry.height, entry.width))
                ids = labels.read(window)
                with session.labels.lock:  # what is painted meanwhile is not the import's doing
                    before, session.actor = session.actor, actor
                    try:
                        _take(session, window, ids, report)
                    finally:
                        session.actor = before


def _take(session: Session, window: Window, ids: npt.NDArray[np.uint8], report: ImportReport) -> None:
    """Put ids into a window, but for what people said; what an earlier import said is replaced."""
    now = session.labels.read(window)
    is_human = np.isin(now.provenance, _HUMAN)
    is_imported = now.provenance == Provenance.IMPORTED
    says = ids != IGNORED
    given = says & ~is_human & ((now.labels != ids) | ~is_imported)
    silenced = ~says & is_imported
    for where, labels, provenance in (
        (given, ids, Provenance.IMPORTED),
        (silenced, IGNORED, Provenance.UNLABELLED),
    ):
        if where.any():
            session.apply(Operation("import", window, where, labels, provenance))
    classes = len(report.class_pixels)
    report.class_pixels += np.bincount(ids.ravel(), minlength=IGNORED + 1)[:classes]
    report.unlabelled_pixels += int((~says).sum())
    report.kept_pixels += int((says & is_human).sum())
    report.changed_pixels += int(given.sum() + silenced.sum())


def _require_same_grid(image: LabelledImage, scene: Scene, labels: Labels) -> None:
    if (labels.height, labels.width) != (scene.height, scene.width):
        raise DatasetError(
            f"The mask of {image.image} is {labels.height} x {labels.width} pixels, the image "
            f"{scene.height} x {scene.width} (rows x columns).",
            "Give masks of the size of their images.",
        )
    place, other = scene.georeference, labels.georeference
    if place.crs_wkt is None or other.crs_wkt is None:
        return
    if not same_crs(place, other):
        raise DatasetError(
            f"The mask of {image.image} lies in {crs_label(other)}, the image in {crs_label(place)}.",
            "Re-project the mask to the grid of its image.",
        )
    pixel = max(abs(value) for value in (*place.affine[:2], *place.affine[3:5]))
    corners = [(0, 0), (scene.height, scene.width)]
    apart = max(
        abs(one - another)
        for corner in corners
        for one, another in zip(pixel_to_map(place, *corner), pixel_to_map(other, *corner), strict=True)
    )
    if apart > _SAME_PLACE * pixel:
        raise DatasetError(
            f"The mask of {image.image} lies {apart / pixel:.1f} pixels beside it.",
            "Give masks on the grid of their images.",
        )
