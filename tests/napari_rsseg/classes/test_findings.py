from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from napari_rsseg.classes import CLOUD, ClassDefinition
from napari_rsseg.classes.findings import sentences_of


def test_an_unknown_key_is_answered_with_the_nearest_known_one() -> None:
    with pytest.raises(ValidationError) as caught:
        ClassDefinition.model_validate({"name": "mud", "color": "#112233"})
    found = sentences_of(caught.value, ClassDefinition.model_fields, ())
    assert found == ["colour is missing", "color is unknown, the nearest known key is colour"]


def test_a_scheme_travels_to_workers() -> None:
    assert pickle.loads(pickle.dumps(CLOUD)) == CLOUD
