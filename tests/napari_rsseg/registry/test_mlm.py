from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.registry import ModelFile, installed_models, save_model
from napari_rsseg.registry.mlm import MLM_SCHEMA, mlm_item, mlm_properties

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

FIELDS = {  # of version 1.3.0 of the extension
    "name", "architecture", "tasks", "framework", "framework_version", "memory_size", "total_parameters",
    "pretrained", "pretrained_source", "batch_size_suggestion", "accelerator", "accelerator_constrained",
    "accelerator_summary", "accelerator_count", "input", "output", "hyperparameters",
}  # fmt: skip
REQUIRED = {"name", "architecture", "tasks", "input", "output"}
TASKS = {"segmentation", "semantic-segmentation"}


def assert_item(item: dict[str, Any]) -> None:
    """What the extension asks of an Item."""
    assert json.loads(json.dumps(item, allow_nan=False)) == item
    assert (item["type"], item["geometry"]) == ("Feature", None)
    assert MLM_SCHEMA in item["stac_extensions"]
    properties = item["properties"]
    used = {key.removeprefix("mlm:") for key in properties if key.startswith("mlm:")}
    assert REQUIRED <= used <= FIELDS
    assert set(properties["mlm:tasks"]) <= TASKS
    (given,), (result,) = properties["mlm:input"], properties["mlm:output"]
    assert given["bands"] == [band["name"] for band in properties["bands"]]
    assert len(given["value_scaling"]) == len(given["bands"]) == given["input"]["shape"][1]
    for structure in (given["input"], result["result"]):
        assert len(structure["shape"]) == len(structure["dim_order"])
    assert any("mlm:model" in asset["roles"] for asset in item["assets"].values())


@pytest.mark.parametrize("model", installed_models(), ids=lambda model: model.card.name)
def test_every_starter_is_an_item_of_the_extension(model: ModelFile) -> None:
    item = mlm_item(model)
    assert_item(item)
    scheme = model.card.scheme
    assert scheme is not None
    classes = item["properties"]["mlm:output"][0]["classification:classes"]
    assert [entry["name"] for entry in classes] == list(scheme.names)
    assert [entry["value"] for entry in classes] == list(range(len(scheme.names)))
    assert all(len(entry["color_hint"]) == 6 for entry in classes)


def test_the_checksum_is_the_multihash_of_the_weights(saved: ModelFile) -> None:
    asset = mlm_item(saved)["assets"]["model"]
    digest = hashlib.sha256(saved.weights_path.read_bytes()).hexdigest()
    assert asset["file:checksum"] == f"1220{digest}"
    assert asset["file:size"] == saved.weights_path.stat().st_size


def test_a_model_without_classes_is_an_item_too(
    user_folder: Path, card_values: dict[str, JsonValue], saved: ModelFile
) -> None:
    values: dict[str, JsonValue] = {
        **card_values, "name": "sam", "family": "sam", "scheme": None, "architecture": {"encoder": "vit_t"},
    }  # fmt: skip
    from safetensors.numpy import load_file

    model = save_model(user_folder, values, load_file(saved.weights_path))
    assert_item(mlm_item(model))
    properties = mlm_properties(model.card)
    assert properties["mlm:architecture"] == "Segment Anything"
    assert "classification:classes" not in properties["mlm:output"][0]
