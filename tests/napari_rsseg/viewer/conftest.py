"""Scenes that viewer tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from napari_rsseg.scenes.scene import Band, Georeference
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.windows import Window


@pytest.fixture(autouse=True)
def own_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test find the labels that another one left on the same scene."""
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))


@dataclass(frozen=True)
class TornScene(SyntheticScene):
    """A scene whose first ten rows hold nothing."""

    def valid(self, window: Window, *, level: int = 0) -> npt.NDArray[np.bool_]:
        valid = np.ones((window.height, window.width), dtype=np.bool_)
        valid[: max(0, 10 - window.row_start)] = False
        return valid


@dataclass(frozen=True)
class PlainScene(SyntheticScene):
    """A scene without a place on the map, whose bands have no roles."""

    @property
    def georeference(self) -> Georeference:
        return Georeference()

    @property
    def bands(self) -> tuple[Band, ...]:
        return tuple(Band(f"B{number}", None, "uint16") for number in range(4))


@pytest.fixture(scope="session")
def synthetic() -> SyntheticScene:
    return SyntheticScene(256, 0)


@pytest.fixture(scope="session")
def torn() -> Any:
    return TornScene(128, 0)


@pytest.fixture(scope="session")
def plain() -> Any:
    return PlainScene(128, 0)
