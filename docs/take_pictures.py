"""Take the pictures of docs/images anew.

Without a screen: ``xvfb-run -s "-screen 0 1600x1000x24" python docs/take_pictures.py``.

A synthetic scene is written as GeoTIFF, opened and segmented through the dock's own buttons.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from napari.qt import get_qapp
from PIL import Image

from napari_rsseg.engine import PromptPoint
from napari_rsseg.review import Order
from napari_rsseg.scenes.synthetic import write_synthetic
from napari_rsseg.viewer import start

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "images"
WINDOW_PX = (1320, 840)
COLOURS = 250  # keeps a picture below a quarter of a megabyte
PATIENCE_S = 1800
CLICKED_VIEW = (320, 770)
CLICKED = ((339.0, 800.0), (325.0, 798.0))
"""Row and column of the middle of the view; of clicks on a landslide in it."""


def wait(is_over: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_over():
        get_qapp().processEvents()
        time.sleep(0.005)
        if time.monotonic() > end:
            raise TimeoutError("The window did not come to its end.")


def settle(seconds: float = 1.0) -> None:
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() >= end)


def take(viewer: napari.Viewer, name: str) -> None:
    settle()
    pixels = viewer.screenshot(canvas_only=False, flash=False)
    picture = Image.fromarray(pixels[..., :3]).quantize(
        COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    picture.save(FOLDER / f"{name}.png", optimize=True)


def segment(dock: Any, task: str) -> None:
    dock.panel.choose_task(task)
    wait(dock.page.segment.isEnabled)
    dock.page.segment.click()


def open_page(dock: Any, title: str) -> None:
    titles = [dock.pages.tabText(index) for index in range(dock.pages.count())]
    dock.pages.setCurrentIndex(titles.index(title))


def take_models(viewer: napari.Viewer, dock: Any) -> None:
    open_page(dock, "Models")
    wait(lambda: bool(dock.models.rows))
    dock.models.choose("installed:landslide-starter")
    take(viewer, "models")
    dock.pages.setCurrentIndex(0)


def take_prompts(viewer: napari.Viewer, dock: Any) -> None:
    dock.panel.choose_task("landslide")
    prompting, layers = dock.workbench.prompting, dock.workbench.prompt_layers
    viewer.scene.camera.zoom *= 2
    viewer.scene.camera.center = dock.workbench.picture().data_to_world(CLICKED_VIEW)
    prompting.begin()
    wait(lambda: prompting.view is not None and not prompting.activity)
    wait(lambda: layers.points is not None)
    for row, column in CLICKED:
        prompting.give(PromptPoint(row, column))
        wait(lambda: bool(prompting.candidates))
        settle(5)
    dock.pages.currentWidget().ensureWidgetVisible(dock.page.prompts)
    take(viewer, "prompts")
    prompting.end()


def take_correct(viewer: napari.Viewer, dock: Any) -> None:
    dock.panel.choose_task("landslide")
    open_page(dock, "Correct")
    viewer.scene.camera.zoom *= 3
    viewer.scene.camera.center = dock.workbench.picture().data_to_world(CLICKED_VIEW)
    settle()
    dock.correct.choose_tool("superpixels")
    wait(lambda: dock.correct.superpixels is not None and not dock.correct.activity)
    dock.correct.point(np.array([(312.0, 780.0), (318.0, 790.0), (325.0, 798.0), (339.0, 800.0)]))
    take(viewer, "correct")
    dock.correct.choose_tool("move")
    dock.correct.choose_tool("accept")
    dock.correct.shows_provenance = True
    take(viewer, "who-says-it")
    dock.correct.shows_provenance = False
    viewer.reset_view(margin=0.02)
    dock.pages.setCurrentIndex(0)


def take_dataset(viewer: napari.Viewer, dock: Any, folder: Path) -> None:
    open_page(dock, "Dataset")
    dock.dataset_page.import_section.expand(animate=False)
    dock.dataset.images = str(folder / "hills.tif")
    dock.dataset.masks = str(folder / "hills_landslide.tif")
    dock.dataset.set_option("chip_px", 128)
    for press in (dock.dataset.import_set, dock.dataset.look, dock.dataset.make):
        press()
        wait(lambda: not dock.dataset.activity)
    take(viewer, "dataset")
    dock.pages.setCurrentIndex(0)


def take_review(viewer: napari.Viewer, dock: Any) -> None:
    dock.panel.choose_task("landslide")
    scene = dock.panel.scene
    project = dock.panel.labelling(scene, dock.panel.scheme_of("landslide")).begin().project
    project.update_settings(window_px=128)
    open_page(dock, "Review")
    dock.review.order = Order.LEAST_CONFIDENT
    dock.review_page.open_queue()
    wait(lambda: bool(dock.review.ids) and not dock.review.activity)
    dock.review.next()
    dock.review.accept()
    dock.review.flag("old scar or field?")
    dock.review.accept()
    dock.review.shows_map = True
    viewer.scene.camera.zoom /= 3
    take(viewer, "review")
    dock.review.shows_map = False
    viewer.reset_view(margin=0.02)
    dock.pages.setCurrentIndex(0)


def take_all(folder: Path) -> None:
    path, *_ = write_synthetic(folder / "hills.tif", size=1024, seed=0, truth=True)
    viewer = napari.Viewer()
    viewer.window.resize(*WINDOW_PX)
    dock = start(viewer)
    dock.panel.store_root = folder / "predictions"
    settle()
    dock.scenes.open_scene(path)
    wait(lambda: dock.panel.scene is not None and dock.panel.engine_state == "ready")
    settle()
    viewer.reset_view(margin=0.02)
    take(viewer, "opened")
    dock.scenes.bands_section.expand(animate=False)
    take(viewer, "bands")
    dock.scenes.bands_section.collapse(animate=False)
    segment(dock, "landslide")
    wait(lambda: dock.panel.done >= 2 or dock.panel.run_state == "idle")
    take(viewer, "running")
    wait(lambda: dock.panel.run_state == "idle")
    segment(dock, "cloud")
    wait(lambda: dock.panel.run_state == "idle")
    take(viewer, "segment")
    dock.page.classes_section.expand(animate=False)
    dock.page.options_section.expand(animate=False)
    settle()
    dock.pages.currentWidget().ensureWidgetVisible(dock.page.device)
    take(viewer, "options")
    take_models(viewer, dock)
    take_dataset(viewer, dock, folder)
    take_correct(viewer, dock)
    take_review(viewer, dock)
    take_prompts(viewer, dock)
    viewer.close()


if __name__ == "__main__":  # the engine's processes import this file again
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        take_all(Path(temporary))
    sys.exit()
