from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.panels.bands import BandsPanel
from napari_rsseg.scenes import open_scene
from napari_rsseg.scenes.role_memory import remembered_roles
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    path = tmp_path / "scene.tif"
    numbers: Any = np.arange(4 * 64, dtype=np.uint16).reshape(4, 8, 8)
    with rasterio.open(
        path, "w", driver="GTiff", height=8, width=8, count=4, dtype="uint16", crs="EPSG:32633",
        transform=from_origin(500_000, 5_000_000, 10, 10),
    ) as file:  # fmt: skip
        file.write(numbers)
    return path


def test_a_role_given_to_one_band_is_taken_from_the_other(path: Path) -> None:
    panel = BandsPanel()
    panel.show(open_scene(path))
    assert panel.can_correct
    assert not panel.is_changed
    panel.choose(3, "red")
    assert panel.roles == (None, "green", "blue", "red")
    assert panel.is_changed


def test_corrected_roles_are_remembered_if_so_wished(path: Path) -> None:
    panel = BandsPanel(remember=False)
    panel.show(open_scene(path))
    panel.choose(0, "nir")
    assert panel.corrected().bands[0].role == "nir"
    assert remembered_roles(open_scene(path)) == {}
    panel.remember = True
    panel.corrected()
    assert open_scene(path).bands[0].role == "nir"


def test_the_files_own_roles_come_back(path: Path) -> None:
    panel = BandsPanel()
    panel.show(open_scene(path))
    panel.choose(0, "nir")
    panel.show(panel.corrected())
    assert panel.is_corrected
    assert panel.as_the_file_says().bands[0].role == "red"
    assert open_scene(path).bands[0].role == "red"


def test_a_scene_that_is_no_file_has_nothing_to_correct() -> None:
    panel = BandsPanel()
    panel.show(SyntheticScene(64, 0))
    assert not panel.can_correct
    panel.show(None)
    assert panel.names == ()
