"""A procedural satellite scene with exact truth for landslides, clouds and grass."""

from napari_rsseg.scenes.synthetic.scene import TRUTH_TASKS, SyntheticScene, TruthTask, open_synthetic
from napari_rsseg.scenes.synthetic.writing import write_synthetic

__all__ = ["TRUTH_TASKS", "SyntheticScene", "TruthTask", "open_synthetic", "write_synthetic"]
