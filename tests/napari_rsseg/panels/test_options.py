from __future__ import annotations

import pytest
from pydantic import ValidationError

from napari_rsseg.panels.options import SegmentOptions


def test_every_option_has_its_sentence() -> None:
    assert all(field.description for field in SegmentOptions.model_fields.values())


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(ValidationError):
        SegmentOptions(device="tpu")
