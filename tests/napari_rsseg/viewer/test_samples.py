from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import SceneError
from napari_rsseg.settings import data_folder
from napari_rsseg.viewer import samples

if TYPE_CHECKING:
    from pathlib import Path


def test_the_synthetic_sample_needs_no_file() -> None:
    ((levels, options, kind),) = samples.synthetic_scene()
    assert kind == "image"
    assert levels[0].shape == (1024, 1024, 4)
    assert options["rgb"]


@pytest.mark.parametrize("key", ["chiapas", "long_island", "hokkaido"])
def test_a_real_sample_opens_where_its_file_is(key: str) -> None:
    path = data_folder() / samples.REAL_SAMPLES[key]
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: RSSEG_DATA names no folder with the real scenes")
    ((levels, _, _),) = getattr(samples, key)()
    assert levels[0].shape[-1] == 4


def test_a_real_sample_that_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RSSEG_DATA", str(tmp_path))
    for key in samples.REAL_SAMPLES:
        with pytest.raises(SceneError, match="RSSEG_DATA"):
            getattr(samples, key)()
