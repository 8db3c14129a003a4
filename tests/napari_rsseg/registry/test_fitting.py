from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from napari_rsseg.registry import Card, ModelFile, fit
from napari_rsseg.scenes.radiometry import Radiometry
from napari_rsseg.scenes.scene import Band, BandRole, Georeference, Level, SceneReference

if TYPE_CHECKING:
    from napari_rsseg.scenes.radiometry import RadiometryKind
    from napari_rsseg.scenes.windows import Window


@dataclass(frozen=True)
class StatedScene:
    """A scene of which only the facts matter."""

    roles: tuple[BandRole | None, ...] = ("red", "green", "blue")
    kind: RadiometryKind = "none"
    gsd_m: float | None = 2.0
    uri: str = "stated.tif"
    height: int = 64
    width: int = 64
    georeference: Georeference = field(default_factory=Georeference)
    fingerprint: str = "0"
    acquired: str | None = None

    @property
    def bands(self) -> tuple[Band, ...]:
        return tuple(Band(f"band {index}", role, "uint8") for index, role in enumerate(self.roles))

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.height, self.width, 1.0),)

    @property
    def radiometry(self) -> Radiometry:
        ones = (1.0,) * len(self.roles)
        return Radiometry(kind=self.kind, low=(0.0,) * len(self.roles), high=ones)

    @property
    def reference(self) -> SceneReference:
        return SceneReference(self.uri)

    def read(
        self, window: Window, *, level: int = 0, bands: tuple[int, ...] | None = None
    ) -> npt.NDArray[np.generic]:
        return np.zeros((len(bands or self.bands), *window.shape), dtype=np.uint8)

    def valid(self, window: Window, *, level: int = 0) -> npt.NDArray[np.bool_]:
        return np.ones(window.shape, dtype=np.bool_)

    def close(self) -> None:
        pass


def with_input(card: Card, expects: str) -> Card:
    values = card.model_dump(mode="json")
    values["input_values"]["expects"] = expects
    return Card.model_validate(values)


def test_a_scene_like_the_training_data_fits_without_a_word(saved: ModelFile) -> None:
    assert fit(saved.card, StatedScene()) == fit(
        saved.card, StatedScene(roles=("nir", "blue", "green", "red"))
    )
    assert fit(saved.card, StatedScene()).fits
    assert not fit(saved.card, StatedScene()).warnings


def test_all_missing_bands_are_named_beside_those_there(saved: ModelFile) -> None:
    (problem,) = fit(saved.card, StatedScene(roles=("red", None))).problems
    assert problem == "it needs a green and a blue band, the scene has band 0 = red, band 1 = unknown"


def test_a_reflectance_model_refuses_numbers_of_unknown_meaning(saved: ModelFile) -> None:
    card = with_input(saved.card, "reflectance")
    assert fit(card, StatedScene(kind="scale")).fits
    assert "reflectance" in fit(card, StatedScene(kind="percentile")).problems[0]


@pytest.mark.parametrize(
    ("gsd_m", "reason"),
    [(0.1, "0.1 m"), (30.0, "30 m"), (None, "unknown")],
    ids=["finer", "coarser", "unknown"],
)
def test_pixels_of_another_size_are_warned_of(saved: ModelFile, gsd_m: float | None, reason: str) -> None:
    result = fit(saved.card, StatedScene(gsd_m=gsd_m))
    assert result.fits
    (warning,) = result.warnings
    assert reason in warning
    assert "0.5 to 10 m" in warning


def test_a_model_that_states_no_pixel_size_warns_of_none(saved: ModelFile) -> None:
    card = saved.card.model_copy(update={"gsd_min_m": None, "gsd_max_m": None})
    assert not fit(card, StatedScene(gsd_m=None)).warnings
    coarse = saved.card.model_copy(update={"gsd_max_m": None})
    assert not fit(coarse, StatedScene(gsd_m=500.0)).warnings
    assert "0.5 m and coarser" in fit(coarse, StatedScene(gsd_m=0.1)).warnings[0]


def test_stretched_numbers_are_warned_of(saved: ModelFile) -> None:
    assert "percentile" in fit(saved.card, StatedScene(kind="percentile")).warnings[0]
    assert "own minimum" in fit(with_input(saved.card, "tile-minmax"), StatedScene()).warnings[0]


def test_a_prompt_model_segments_nothing_by_itself(saved: ModelFile) -> None:
    card = saved.card.model_copy(update={"scheme": None})
    assert "prompts" in fit(card, StatedScene()).problems[0]
    backbone = card.model_copy(update={"family": "backbone"})
    assert "train networks on" in fit(backbone, StatedScene()).problems[0]
