from __future__ import annotations

import pytest
from pydantic import ValidationError

from rsseg_training.augmentation import AugmentationOptions


def test_without_a_word_nothing_is_varied() -> None:
    options = AugmentationOptions()
    assert options.zoom_low == options.zoom_high == 1.0
    assert not any((options.jitter, options.haze, options.compositing, options.grey))


@pytest.mark.parametrize("values", [{"jitter": 1.5}, {"haze": -0.1}, {"zoom_low": 0.0}, {"rotate": True}])
def test_shares_beyond_all_and_unknown_words_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(values))):
        AugmentationOptions.model_validate(values)
