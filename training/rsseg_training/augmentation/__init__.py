"""Label-exact transforms of training crops, a file each."""

from __future__ import annotations

from rsseg_training.augmentation.adaptation_views import AdaptationViews
from rsseg_training.augmentation.colour import RadiometricJitter
from rsseg_training.augmentation.compositing import CloudCompositing
from rsseg_training.augmentation.haze import Haze
from rsseg_training.augmentation.options import AugmentationOptions
from rsseg_training.augmentation.orientation import orient, random_orientation
from rsseg_training.augmentation.photometric import PhotometricDistortion
from rsseg_training.augmentation.sample import Sample, Transform
from rsseg_training.augmentation.zoom import RandomZoomCrop

__all__ = [
    "AdaptationViews",
    "AugmentationOptions",
    "CloudCompositing",
    "Haze",
    "PhotometricDistortion",
    "RadiometricJitter",
    "RandomZoomCrop",
    "Sample",
    "Transform",
    "orient",
    "random_orientation",
]
