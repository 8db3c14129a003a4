"""What plugin, command line and trainer say to each other."""

from napari_rsseg.jobs.outputs import OutputPlan, plan_outputs, write_outputs
from napari_rsseg.jobs.segmentation import (
    ClassArea,
    SegmentationOptions,
    class_areas,
    plan_segmentation,
    predictions_folder,
)
from napari_rsseg.jobs.window_looks import WindowLooks

__all__ = [
    "ClassArea",
    "OutputPlan",
    "SegmentationOptions",
    "WindowLooks",
    "class_areas",
    "plan_outputs",
    "plan_segmentation",
    "predictions_folder",
    "write_outputs",
]
