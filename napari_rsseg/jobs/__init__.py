"""What plugin, command line and trainer say to each other."""

from napari_rsseg.jobs.segmentation import (
    ClassArea,
    OutputPlan,
    SegmentationOptions,
    class_areas,
    plan_outputs,
    plan_segmentation,
    predictions_folder,
    write_outputs,
)

__all__ = [
    "ClassArea",
    "OutputPlan",
    "SegmentationOptions",
    "class_areas",
    "plan_outputs",
    "plan_segmentation",
    "predictions_folder",
    "write_outputs",
]
