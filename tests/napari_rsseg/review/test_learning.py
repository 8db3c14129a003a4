from __future__ import annotations

import numpy as np

from napari_rsseg.review import WindowTraits, expected_errors


def traits(count: int = 60) -> WindowTraits:
    random = np.random.default_rng(3)
    looks = random.normal(size=(count, 8))
    looks[:20] += 5
    doubt = random.uniform(0.1, 0.3, count)
    return WindowTraits(
        doubt=doubt,
        said=doubt[:, None],
        looks=looks,
        scene=np.repeat([0, 1, 2], count // 3),
        place=np.stack([np.arange(count) // 5, np.arange(count) % 5], axis=1).astype(float),
    )


def test_before_anything_was_reviewed_the_doubt_of_the_model_is_all_there_is() -> None:
    ground = traits()
    np.testing.assert_array_equal(
        expected_errors(ground, np.array([], dtype=int), np.array([])), ground.doubt
    )


def test_windows_that_look_like_wrong_ones_are_expected_to_be_wrong() -> None:
    seen = np.array([0, 3, 7, 25, 33, 45, 52])
    wrong = np.array([0.9, 0.8, 0.9, 0.05, 0.0, 0.1, 0.05])
    found = expected_errors(traits(), seen, wrong)
    unseen = np.setdiff1d(np.arange(60), seen)
    assert found[unseen[unseen < 20]].min() > found[unseen[unseen >= 20]].max()


def test_without_features_the_neighbours_and_the_scene_still_tell() -> None:
    ground = traits()
    same = np.full(60, 0.2)
    blind = WindowTraits(same, same[:, None], np.zeros((60, 0)), ground.scene, ground.place)
    found = expected_errors(blind, np.array([42, 43]), np.array([1.0, 1.0]))
    assert found[44] > found[59] > found[10]


def test_a_model_that_is_sure_where_it_errs_is_believed_the_other_way_round() -> None:
    ground = traits()
    seen = np.arange(0, 60, 2)
    found = expected_errors(ground, seen, 0.5 - ground.doubt[seen])
    unseen = np.arange(1, 60, 2)
    assert np.corrcoef(found[unseen], ground.doubt[unseen])[0, 1] < -0.9
