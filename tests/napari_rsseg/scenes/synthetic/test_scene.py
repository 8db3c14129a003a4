"""The synthetic scene is a pure function of its seed and coordinates, and looks like what its truth says."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_rsseg.classes import IGNORED, builtin_scheme
from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.georeferencing import crs_label
from napari_rsseg.scenes.scene import Scene
from napari_rsseg.scenes.synthetic import TRUTH_TASKS, SyntheticScene, TruthTask, open_synthetic
from napari_rsseg.scenes.windows import Window

VIEW = Window(0, 1024, 0, 1024)
CROP = Window(512, 1024, 0, 512)


@pytest.fixture(scope="module")
def scene() -> SyntheticScene:
    return SyntheticScene(2048, seed=0)


@pytest.fixture(scope="module")
def truths(scene: SyntheticScene) -> dict[str, np.ndarray]:
    return {task: scene.truth(task, VIEW) for task in TRUTH_TASKS}


@pytest.fixture(scope="module")
def pixels(scene: SyntheticScene) -> np.ndarray:
    return scene.read(CROP)


def share(labels: np.ndarray, label: int) -> float:
    return float((labels == label).mean())


def test_it_is_a_scene(scene: SyntheticScene) -> None:
    assert isinstance(scene, Scene)
    assert [band.role for band in scene.bands] == ["red", "green", "blue", "nir"]
    assert crs_label(scene.georeference) == "EPSG:32633"
    assert scene.georeference.affine[0] == scene.gsd_m == 10.0


@settings(max_examples=8, deadline=None)
@given(
    level=st.integers(0, 3),
    row=st.integers(0, 60),
    column=st.integers(0, 60),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 5),
)
def test_overlapping_windows_agree_to_the_bit(
    level: int, row: int, column: int, height: int, width: int, seed: int
) -> None:
    scene = SyntheticScene((4000, 5000), seed)
    whole = scene.read(Window(0, 100, 0, 100), level=level)
    window = Window(row, row + height, column, column + width)
    assert np.array_equal(scene.read(window, level=level), whole[(slice(None), *window.slices)])


@pytest.mark.parametrize("task", TRUTH_TASKS)
def test_truth_of_a_part_is_part_of_the_truth(
    scene: SyntheticScene, truths: dict[str, np.ndarray], task: TruthTask
) -> None:
    window = Window(487, 555, 500, 633)  # across the pieces in which windows are computed
    assert np.array_equal(scene.truth(task, window), truths[task][window.slices])


def test_pixels_depend_on_the_seed_and_not_on_the_size() -> None:
    window = Window(10, 74, 20, 84)
    small, large, other = SyntheticScene(256, 3), SyntheticScene(50_000, 3), SyntheticScene(256, 4)
    assert np.array_equal(small.read(window), large.read(window))
    assert not np.array_equal(small.read(window), other.read(window))
    assert small.fingerprint != large.fingerprint != other.fingerprint


def test_the_far_corner_of_a_huge_scene_is_at_hand() -> None:
    scene = SyntheticScene(50_000, 1)
    corner = scene.read(Window(49_936, 50_000, 49_936, 50_000))
    assert corner.std() > 50
    top = len(scene.levels) - 1
    assert max(scene.levels[top].height, scene.levels[top].width) <= 512
    assert scene.read(Window(0, 64, 0, 64), level=top).std() > 50


def test_a_coarse_level_shows_the_same_country(scene: SyntheticScene, pixels: np.ndarray) -> None:
    coarse = scene.read(Window(128, 256, 0, 128), level=2).astype(np.float64)
    mean = pixels.reshape(4, 128, 4, 128, 4).mean(axis=(2, 4))
    assert np.corrcoef(coarse[0].ravel(), mean[0].ravel())[0, 1] > 0.8


@pytest.mark.parametrize("task", TRUTH_TASKS)
def test_every_class_occurs_and_no_other(truths: dict[str, np.ndarray], task: str) -> None:
    found = set(np.unique(truths[task])) - {IGNORED}
    assert found == set(range(len(builtin_scheme(task).classes)))


def test_the_default_view_holds_every_class_in_sensible_shares(truths: dict[str, np.ndarray]) -> None:
    assert 0.02 <= share(truths["landslide"], 1) <= 0.12
    assert 0.10 <= share(truths["cloud"], 2) + share(truths["cloud"], 3) <= 0.30
    assert 0.01 <= share(truths["cloud"], 1) <= 0.15
    assert all(share(truths["grass"], level) >= 0.05 for level in range(5))


def test_ground_hidden_by_cloud_is_ignored_and_no_other(truths: dict[str, np.ndarray]) -> None:
    hidden = truths["cloud"] == 3
    for task in ("landslide", "grass"):
        assert np.array_equal(truths[task] == IGNORED, hidden)


def test_truth_is_seen_in_the_pixels(truths: dict[str, np.ndarray], pixels: np.ndarray) -> None:
    red, green, _, nir = pixels.astype(np.float64)
    cloud, landslide, grass = (truths[task][CROP.slices] for task in ("cloud", "landslide", "grass"))
    clear = cloud == 0
    greenness = (nir - red) / (nir + red)
    slides = clear & (landslide == 1)
    others = clear & (landslide == 0)
    assert greenness[slides].mean() < 0.3 < greenness[others].mean()
    assert red[cloud == 3].min() > red[clear].mean()
    assert nir[cloud == 1].mean() < 0.7 * nir[clear].mean()
    meadow = [greenness[clear & (grass == level)].mean() for level in (1, 2, 3, 4)]
    assert meadow == sorted(meadow)
    assert green.max() <= 16_000


def test_landslides_lie_on_steep_ground(scene: SyntheticScene, truths: dict[str, np.ndarray]) -> None:
    from napari_rsseg.scenes.synthetic.noise import Grid, Noise
    from napari_rsseg.scenes.synthetic.terrain import make_terrain

    pixel_grid = Grid(0, 0, 1024, 1024, step=1)
    slope = make_terrain(Noise(scene.seed), pixel_grid.covering(4)).onto(pixel_grid).slope
    assert slope[truths["landslide"] == 1].mean() > 1.5 * slope[truths["landslide"] == 0].mean()


def test_it_survives_the_way_to_a_worker(scene: SyntheticScene) -> None:
    again = open_synthetic(scene.reference.uri)
    assert again == pickle.loads(pickle.dumps(scene)) == scene


@pytest.mark.parametrize(
    ("uri", "shape", "seed"),
    [
        ("synthetic:size=300,seed=7", (300, 300), 7),
        ("synthetic:size=300x200,seed=7", (300, 200), 7),
        ("synthetic:size=64", (64, 64), 0),
        ("synthetic:", (2048, 2048), 0),
    ],
    ids=["square", "oblong", "no seed", "defaults"],
)
def test_a_uri_says_size_and_seed(uri: str, shape: tuple[int, int], seed: int) -> None:
    scene = open_synthetic(uri)
    assert ((scene.height, scene.width), scene.seed) == (shape, seed)
    assert open_synthetic(scene.uri).fingerprint == scene.fingerprint


def test_another_uri_is_refused_with_an_example() -> None:
    with pytest.raises(SceneError, match="synthetic:size=2048,seed=0"):
        open_synthetic("synthetic:large")


@pytest.mark.parametrize("size", [0, (5, 0)], ids=["nothing", "no columns"])
def test_an_empty_scene_is_refused(size: int | tuple[int, int]) -> None:
    with pytest.raises(SceneError, match="at least 1"):
        SyntheticScene(size)


def test_a_window_beyond_the_edge_is_refused(scene: SyntheticScene) -> None:
    with pytest.raises(SceneError, match="leaves level 0"):
        scene.read(Window(0, 10, 2040, 2050))
    with pytest.raises(SceneError, match="Level 9"):
        scene.read(Window(0, 1, 0, 1), level=9)
