from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES
from napari_rsseg.errors import TrainingError
from napari_rsseg.settings import data_folder
from rsseg_training.sampling import ANY_CLOUD, NO_CLOUD, SETS, Chip, CropSampler, WeightedChips, read_set

real = pytest.mark.skipif(not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here")
COUNTS = {
    "landslide4sense": 86, "bijie_native": 20, "bijie_half": 23, "coseismic_256": 15, "tianshui_geoeye1": 6,
    "mars_valles": 12, "bijie_negatives": 7, "l8_biome_4class": 21, "s2_alberta_shadow": 11,
    "l8_biome_binary": 21, "s2_cloud_target": 4, "naip_california": 22, "naip_prairie": 4, "chesapeake_wv": 6,
}  # fmt: skip


@real
@pytest.mark.parametrize("name", sorted(set(SETS) - {"uav_road"}))
def test_a_set_is_read_as_display_values_and_ids_of_its_scheme(name: str) -> None:
    chips = read_set(name, data_folder())
    assert len(chips) == COUNTS.get(name, len(chips)) > 0
    classes = len(BUILTIN_SCHEMES[SETS[name].task].classes)
    allowed = {*range(classes), NO_CLOUD, ANY_CLOUD, 255}
    for chip in chips:
        assert chip.image.dtype == np.float32
        assert 0 <= chip.image.min() < chip.image.max() <= 1
        assert set(np.unique(chip.labels)) <= allowed


@real
def test_landslide_shares_are_those_of_the_index() -> None:
    shares = [(chip.labels == 1).mean() for chip in read_set("landslide4sense", data_folder())]
    assert np.mean(shares) == pytest.approx(0.055, abs=0.001)
    assert max((c.labels == 1).mean() for c in read_set("bijie_negatives", data_folder())) == 0


@real
def test_landsat_bands_are_put_into_the_order_red_green_blue() -> None:
    water = next(c for c in read_set("l8_biome_4class", data_folder()) if c.name == "Water_02_1010")
    red, green, blue = water.image.mean(axis=(1, 2))
    assert blue > green > red


@real
def test_two_class_cloud_sets_say_groups() -> None:
    labels = np.concatenate([c.labels.ravel() for c in read_set("s2_cloud_target", data_folder())])
    assert set(np.unique(labels)) == {NO_CLOUD, ANY_CLOUD}
    shares = {
        chip.name: round(float((chip.labels == ANY_CLOUD).mean()), 4)
        for chip in read_set("s2_cloud_target", data_folder())
    }
    assert shares == {
        "s2_chip1": 0.5983,
        "s2_chip2": 0.4103,
        "s2_chip3_y0_x0": 0.5111,
        "s2_chip3_y256_x256": 0.3349,
    }


@real
def test_prairie_dates_of_one_place_are_one_group() -> None:
    groups = {chip.group: chip.split for chip in read_set("naip_prairie", data_folder())}
    assert groups == {"y60_x80": "train", "y400_x560": "val"}


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TrainingError, match="landslide4sense"):
        read_set("landslide5sense", Path())


def test_a_missing_set_says_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="RSSEG_DATA"):
        read_set("l8_biome_4class", tmp_path)


def _sampler(seed: int) -> CropSampler:
    image = np.linspace(0, 1, 3 * 64, dtype=np.float32).reshape(3, 8, 8)
    chips = tuple(
        Chip("toy", str(index), "train", str(index), image, np.full((8, 8), index, dtype=np.uint8))
        for index in range(4)
    )
    sets = (WeightedChips(chips[:1], 1.0), WeightedChips(chips[1:], 3.0), WeightedChips((), 9.0))
    return CropSampler(sets, lambda chip, _: (chip.image, chip.labels), 16, (0.5,) * 3, (0.5,) * 3, seed)


def test_a_step_is_the_same_whatever_was_drawn_before() -> None:
    first, second = _sampler(0), _sampler(0)
    second.draw(1)
    assert (first.draw(7).labels == second.draw(7).labels).all()
    assert not (first.draw(7).labels == _sampler(1).draw(7).labels).all()


def test_sets_are_drawn_by_their_weights_and_empty_ones_never() -> None:
    drawn = np.concatenate([_sampler(0).draw(step).labels[:, 0, 0].numpy() for step in range(60)])
    assert (drawn == 0).mean() == pytest.approx(0.25, abs=0.05)


def test_values_are_normalised() -> None:
    batch = _sampler(0).draw(0)
    assert float(batch.images.min()) == -1
    assert float(batch.images.max()) == 1


def test_nothing_to_draw_from_is_an_error() -> None:
    with pytest.raises(TrainingError, match="No labelled image"):
        CropSampler((WeightedChips((), 1.0),), lambda c, _: (c.image, c.labels), 1, (0.0,) * 3, (1.0,) * 3, 0)
