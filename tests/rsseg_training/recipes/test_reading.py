from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.errors import TrainingError
from rsseg_training.recipes import builtin_recipes, read_recipe, recipe_from, recipe_text
from rsseg_training.sampling import SETS

if TYPE_CHECKING:
    from pathlib import Path


def values() -> dict[str, Any]:
    return {
        "name": "toy",
        "task": "landslide",
        "model": {"family": "unet", "architecture": {"widths": [8, 16]}},
        "data": [{"set": "landslide4sense"}],
        "loop": {"steps": 2},
        "objective": {"class_weights": [1.0, 1.0]},
        "card": {"title": "Toy"},
    }


@pytest.mark.parametrize("name", sorted(builtin_recipes()))
def test_a_recipe_of_the_package_is_valid_and_survives_being_written(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.name == name
    assert recipe_from(tomllib.loads(recipe_text(recipe)), source="written") == recipe


@pytest.mark.parametrize("name", sorted(builtin_recipes()))
def test_starters_train_on_nothing_that_their_terms_or_the_issue_exclude(name: str) -> None:
    trained = {source.set for source in read_recipe(name).data}
    assert all(SETS[source].trainable for source in trained)
    assert "mars_valles" not in trained


@pytest.mark.parametrize("name", sorted(builtin_recipes()))
def test_no_test_chip_is_trained_on(name: str) -> None:
    from napari_rsseg.settings import data_folder
    from rsseg_training.run.assembly import chips_of
    from rsseg_training.run.trials import tested_chips, trials_of

    if not data_folder().exists():
        pytest.skip("the labelled sets (RSSEG_DATA) are not here")
    for trial in trials_of(read_recipe(name)):
        if trial.baseline or trial.recipe.seed:
            continue  # same data as seed 0
        sets = chips_of(trial.recipe.data, trial.recipe.leave_out)
        trained = {(chip.dataset, chip.name) for entry in sets for chip in entry.chips}
        groups = {(chip.dataset, chip.group) for entry in sets for chip in entry.chips}
        for test in trial.recipe.study.tests:
            for chip in tested_chips(test, trial.recipe.leave_out):
                assert (chip.dataset, chip.name) not in trained
                assert not test.held_out or (chip.dataset, chip.group) not in groups


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = values()
    wrong["loop"] = {"setps": 3, "batch": 0}
    wrong["model"]["family"] = "resnet"
    del wrong["card"]
    with pytest.raises(TrainingError) as caught:
        recipe_from(wrong, source="toy.toml")
    said = str(caught.value)
    assert "toy.toml" in said
    assert "loop.setps is unknown, did you mean steps?" in said
    assert "loop.steps is missing" in said
    assert "loop.batch" in said
    assert "model.family" in said
    assert "card is missing" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"objective": {"class_weights": [1.0]}}, "1 values for 2 classes"),
        ({"data": [{"set": "naip_california"}]}, "labelled for grass"),
        ({"data": [{"set": "bijie_native"}]}, "allow tests only"),
        ({"calibration": [{"set": "landslide4sense", "splits": ["train"]}]}, "is trained on"),
        ({"data": [{"set": "no_such_set"}]}, "no labelled set"),
        ({"task": "water"}, "water"),
    ],
    ids=["weights", "another task", "terms", "calibrated on training", "unknown set", "unknown task"],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        recipe_from({**values(), **change}, source="toy")


ADAPTING: dict[str, Any] = {
    "model": {"family": "stdasegnet"},
    "target": {"set": "coseismic_256", "held_back": ["test"]},
    "loop": {"steps": 4, "averaging": 0.0},
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}


def test_a_target_may_be_of_a_set_whose_terms_allow_tests_only() -> None:
    recipe = recipe_from({**values(), **ADAPTING}, source="toy")
    assert recipe.target is not None
    assert not SETS[recipe.target.set].trainable
    assert recipe.target.splits == ("train",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": None}, "stdasegnet needs this section"),
        ({"model": {"family": "unet"}}, "no other family has it"),
        ({"target": {"set": "no_such_set"}}, "no set 'no_such_set'"),
        ({"target": {"set": "naip_prairie"}}, "naip_prairie is for grass, not landslide"),
        ({"target": {"set": "landslide4sense"}}, "labels of landslide4sense are used elsewhere"),
        ({"target": {"set": "bijie_half", "held_back": ["train"]}}, "images of train are trained on"),
        ({"target": {"set": "bijie_half", "source_steps": 4}}, "leaves none of 4 steps"),
        ({"precision": "bf16-mixed"}, "trains in 32-true"),
    ],
    ids=[
        "no target", "another family", "unknown set", "another task", "the source", "held back", "no step",
        "precision",
    ],
)  # fmt: skip
def test_what_does_not_fit_an_adaptation_is_refused(change: dict[str, Any], said: str) -> None:
    changed = {key: value for key, value in {**values(), **ADAPTING, **change}.items() if value is not None}
    with pytest.raises(TrainingError, match=said):
        recipe_from(changed, source="toy")


def test_a_faithful_adaptation_has_nothing_that_the_published_one_has_not() -> None:
    objective = {"class_weights": [1.0, 1.0], "faithful": True}
    recipe_from({**values(), **ADAPTING, "objective": objective}, source="toy")
    wrong = {**values(), **ADAPTING, "objective": objective, "mean": [0.5] * 3, "loop": {"steps": 4}}
    wrong["target"] = {"set": "bijie_half", "source_steps": 2}
    with pytest.raises(TrainingError) as caught:
        recipe_from(wrong, source="toy")
    for said in ("mean, std", "target.source_steps", "loop.averaging"):
        assert said in str(caught.value)


def test_the_two_kinds_of_grass_label_cannot_be_mixed() -> None:
    mixed = {
        **values(),
        "task": "grass",
        "objective": {"class_weights": [1.0] * 5},
        "data": [{"set": "naip_california"}, {"set": "chesapeake_wv"}],
    }
    with pytest.raises(TrainingError, match="mean different things"):
        recipe_from(mixed, source="toy")


@pytest.mark.parametrize("content", ["name = ", "\x00"], ids=["torn", "binary"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.toml").write_text(content)
    with pytest.raises(TrainingError, match=r"r\.toml"):
        read_recipe(tmp_path / "r.toml")


def test_a_missing_file_is_named_with_the_recipes_there_are(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="landslide-starter"):
        read_recipe(tmp_path / "none.toml")


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.one_of(st.none(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=3)),
        max_size=5,
    )
)
def test_any_table_gives_a_recipe_or_a_training_error(table: dict[str, Any]) -> None:
    with pytest.raises(TrainingError):
        recipe_from({**values(), "loop": table}, source="any") if table else recipe_from(table, source="any")
