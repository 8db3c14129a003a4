"""Cards in the words of the STAC Machine Learning Model extension (MLM), version 1.3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_rsseg.registry.card import Card
    from napari_rsseg.registry.sources import ModelFile

__all__ = ["MLM_FIELDS", "MLM_SCHEMA", "mlm_item", "mlm_properties"]

MLM_SCHEMA = "https://stac-extensions.github.io/mlm/v1.3.0/schema.json"
_FILE_SCHEMA = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
_CLASSIFICATION_SCHEMA = "https://stac-extensions.github.io/classification/v2.0.0/schema.json"
_IMAGE_ORDER = ["batch", "channel", "height", "width"]
_SHA256_MULTIHASH = "1220"  # the code of sha2-256 and its length, as the file extension writes digests
_ARCHITECTURES = {
    "ktda": "KTDA: ConvNeXt student, UPerNet",
    "ktda-light": "KTDA light: CNN student, UPerNet",
    "stdasegnet": "ST-DASegNet",
    "translandseg": "TransLandSeg: SAM with adaptive transfer learning",
    "unet": "U-Net",
    "sam": "Segment Anything",
}
MLM_FIELDS = {
    "name": "mlm:name",
    "title": "title",
    "family": "mlm:architecture",
    "architecture": "mlm:hyperparameters",
    "scheme": "classification:classes of mlm:output; mlm:tasks",
    "bands": "bands of mlm:input",
    "input_values": "value_scaling of mlm:input",
    "tile_px": "shape of mlm:input and mlm:output",
    "licence": "title of the asset with the weights",
    "temperature": "mlm:hyperparameters",
    "logit_bias": "mlm:hyperparameters",
    "sha256": "file:checksum of that asset, as a multihash",
    "notes": "description",
}
"""Where each field of a card goes in an Item; the others have no counterpart and stay in the card."""
_EXPECTS = {
    "display": "values of 0 to 1, as the scene is shown",
    "reflectance": "reflectance, linear",
    "tile-minmax": "each tile scaled by its own minimum and maximum to 0 to 1",
}


def mlm_properties(card: Card) -> dict[str, Any]:
    """Return the ``mlm:`` fields that a card has something to say to."""
    side = card.tile_px
    is_classifier = card.scheme is not None
    tasks = ["semantic-segmentation"] if is_classifier else ["segmentation"]
    trained: dict[str, Any] = {"temperature": card.temperature}
    if card.logit_bias:
        trained["logit_bias"] = list(card.logit_bias)
    properties: dict[str, Any] = {
        "mlm:name": card.name,
        "mlm:architecture": _architecture(card),
        "mlm:tasks": tasks,
        "mlm:framework": "PyTorch",
        "mlm:accelerator": None,
        "mlm:pretrained": True,
        "mlm:input": [
            {
                "name": "image",
                "description": _EXPECTS[card.input_values.expects],
                "bands": list(card.bands),
                "input": {
                    "shape": [-1, len(card.bands), side, side],
                    "dim_order": _IMAGE_ORDER,
                    "data_type": "float32",
                },
                "value_scaling": [
                    {"type": "z-score", "mean": mean, "stddev": std}
                    for mean, std in zip(card.input_values.mean, card.input_values.std, strict=True)
                ],
                "resize_type": None,
            }
        ],
        "mlm:output": [_output(card, tasks)],
        "mlm:hyperparameters": {**trained, "architecture": dict(card.architecture)},
    }
    return properties


def _architecture(card: Card) -> str:
    if card.family == "backbone":
        return str(card.architecture.get("name", "unknown"))
    return _ARCHITECTURES.get(card.family, card.family)


def _output(card: Card, tasks: list[str]) -> dict[str, Any]:
    side = card.tile_px
    count = len(card.scheme.classes) if card.scheme else 1
    output: dict[str, Any] = {
        "name": "logits" if card.scheme else "masks",
        "tasks": tasks,
        "result": {"shape": [-1, count, side, side], "dim_order": _IMAGE_ORDER, "data_type": "float32"},
    }
    if card.scheme:
        output["classification:classes"] = [
            {
                "value": value,
                "name": entry.name,
                "description": entry.definition or entry.name,
                "color_hint": entry.colour.removeprefix("#").upper(),
            }
            for value, entry in enumerate(card.scheme.classes)
        ]
    return output


def mlm_item(model: ModelFile) -> dict[str, Any]:
    """Return a model as a STAC Item, which catalogues of models can take.

    What the extension has no field for stays in the card, to which an asset points; what a card does not
    say, as a place on Earth, is null.
    """
    card = model.card
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [MLM_SCHEMA, _FILE_SCHEMA, _CLASSIFICATION_SCHEMA],
        "id": card.name,
        "geometry": None,
        "properties": {
            "title": card.title,
            "description": card.notes or card.title,
            "license": "other",
            "datetime": None,
            "start_datetime": "1900-01-01T00:00:00Z",
            "end_datetime": "9999-12-31T23:59:59Z",
            "bands": [{"name": role} for role in card.bands],
            **mlm_properties(card),
        },
        "assets": {
            "model": {
                "title": f"Weights ({card.licence})",
                "href": f"./{model.weights_path.name}",
                "type": "application/octet-stream; framework=pytorch",
                "roles": ["mlm:model", "mlm:weights"],
                "mlm:artifact_type": "safetensors",
                "file:checksum": f"{_SHA256_MULTIHASH}{card.sha256}",
                "file:size": model.weights_path.stat().st_size,
            },
            "card": {
                "title": "Model card",
                "href": f"./{model.card_path.name}",
                "type": "application/json",
                "roles": ["metadata"],
            },
        },
        "links": [],
    }
