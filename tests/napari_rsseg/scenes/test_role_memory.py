from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.errors import SettingsError
from napari_rsseg.scenes import open_reference, open_scene, reopened
from napari_rsseg.scenes.role_memory import forget_roles, memory_file, remember_roles, remembered_roles

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.scene import BandRole

    from .conftest import WriteTiff

NUMBERS = np.arange(4 * 8 * 8, dtype=np.uint16).reshape(4, 8, 8)
BGRN: tuple[BandRole | None, ...] = ("blue", "green", "red", "nir")


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def _roles(path: Path) -> tuple[BandRole | None, ...]:
    return tuple(band.role for band in open_scene(path).bands)


def test_corrected_roles_are_there_when_a_file_of_the_kind_is_opened_next(write_tiff: WriteTiff) -> None:
    first = open_scene(write_tiff(NUMBERS, "one.tif"))
    assert tuple(band.role for band in first.bands) == ("red", "green", "blue", "nir")
    remember_roles(first, BGRN)
    second = write_tiff(NUMBERS + 1, "two.tif")
    assert _roles(second) == BGRN
    assert dict(open_scene(second).reference.roles) == dict(enumerate(BGRN))


def test_another_number_type_or_band_count_is_another_kind(write_tiff: WriteTiff) -> None:
    remember_roles(open_scene(write_tiff(NUMBERS)), BGRN)
    assert _roles(write_tiff(NUMBERS.astype(np.float32), "float.tif")) == ("red", "green", "blue", "nir")
    assert _roles(write_tiff(NUMBERS[:3], "three.tif")) == ("red", "green", "blue")


def test_roles_given_with_the_call_go_before_remembered_ones(write_tiff: WriteTiff) -> None:
    path = write_tiff(NUMBERS)
    remember_roles(open_scene(path), BGRN)
    assert open_scene(path, roles={0: "red", 2: "blue"}).bands[0].role == "red"


def test_a_worker_opens_what_was_opened_here_whatever_it_remembers(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(NUMBERS))
    remember_roles(scene, BGRN)
    assert open_reference(scene.reference).bands == scene.bands


def test_forgotten_roles_are_those_of_the_file_again(write_tiff: WriteTiff) -> None:
    path = write_tiff(NUMBERS)
    remember_roles(open_scene(path), BGRN)
    forget_roles(open_scene(path))
    assert _roles(path) == ("red", "green", "blue", "nir")
    assert remembered_roles(open_scene(path)) == {}


def test_a_damaged_memory_stops_no_scene_from_opening(
    write_tiff: WriteTiff, config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config.mkdir()
    memory_file().write_text('{"entries": [', encoding="utf-8")
    assert _roles(write_tiff(NUMBERS)) == ("red", "green", "blue", "nir")
    assert str(memory_file()) in caplog.text


def test_a_settings_folder_that_cannot_be_written_is_named(write_tiff: WriteTiff, config: Path) -> None:
    config.write_text("a file", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be remembered"):
        remember_roles(open_scene(write_tiff(NUMBERS)), BGRN)


def test_reopening_keeps_the_radiometry_unless_other_bands_become_thermal(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(NUMBERS))
    assert reopened(scene, dict(enumerate(BGRN))).radiometry == scene.radiometry
    assert reopened(scene, {3: "thermal1"}).bands[3].role == "thermal1"
