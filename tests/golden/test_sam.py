"""SAM's prompts, decoder and pipeline against the published program.

Covered modes: ``prompt``, ``inference`` and ``preprocess``, that is all of the family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.models.sam import Frame, Sam, SamArchitecture, SamPrompts, normalised_square, resized

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "sam"


def _filled(case: GoldenCase) -> Sam:
    known = SamArchitecture.model_fields
    words = {key: value for key, value in case.words["model"].items() if key in known}
    network = Sam(SamArchitecture.model_validate(words)).eval()
    case.fill(network)
    return network


def _prompts(inputs: dict[str, torch.Tensor], masks: torch.Tensor | None = None) -> SamPrompts:
    return SamPrompts(inputs.get("points"), inputs.get("labels"), inputs.get("boxes"), masks)


@torch.no_grad()
def test_prompts_become_the_published_tokens_maps_and_masks(prompt_case: GoldenCase) -> None:
    network, inputs = _filled(prompt_case), prompt_case.inputs()
    prompts = _prompts(inputs, inputs.get("masks"))
    sparse, dense = network.embed_prompts(prompts)
    several = prompt_case.words["model"]["multimask_output"]
    low_res, iou = network.decode(inputs["embedding"], prompts, several=several)
    prompt_case.compare(
        {
            "sparse": sparse,
            "dense": dense,
            "dense_pe": network.prompt_encoder.get_dense_pe(),
            "low_res": low_res,
            "iou": iou,
        }
    )


@torch.no_grad()
def test_an_image_gives_the_published_masks_and_corrections(inference_case: GoldenCase) -> None:
    network, inputs = _filled(inference_case), inference_case.inputs()
    words = inference_case.words["model"]
    frame = Frame(tuple(words["original_size"]), tuple(words["input_size"]), words["img_size"])
    square = normalised_square(inputs["image"].permute(1, 2, 0).numpy(), network.side_px)
    embedding = network.encode(square)
    low_res, iou = network.decode(embedding, _prompts(inputs), several=True)
    corrected = _prompts(inputs, low_res[:, 2:3])
    refined, refined_iou = network.decode(embedding, corrected, several=False)
    inference_case.compare(
        {
            "preprocessed": square[0],
            "embedding": embedding,
            "low_res": low_res,
            "iou": iou,
            "logits": frame.to_image(low_res),
            "refined_dense": network.embed_prompts(corrected)[1],
            "refined_low_res": refined,
            "refined_iou": refined_iou,
            "refined_logits": frame.to_image(refined),
        }
    )


def test_images_and_coordinates_are_framed_as_published(preprocess_case: GoldenCase) -> None:
    inputs, words = preprocess_case.inputs(), preprocess_case.words["model"]
    outputs: dict[str, torch.Tensor] = {}
    for index, size in enumerate(words["sizes"]):
        frame = Frame.filling(tuple(size), words["target_length"])
        image = resized(inputs[f"image_{index}"].numpy().astype(np.uint8), frame.inner)
        outputs |= {
            f"size_{index}": torch.tensor(frame.inner),
            f"resized_{index}": torch.from_numpy(np.array(image)),
            f"preprocessed_{index}": normalised_square(image, frame.side_px)[0],
            f"coords_{index}": torch.from_numpy(frame.to_square(inputs[f"coords_{index}"].numpy())),
            f"boxes_{index}": torch.from_numpy(frame.boxes_to_square(inputs[f"boxes_{index}"].numpy())),
        }
    preprocess_case.compare(outputs)
