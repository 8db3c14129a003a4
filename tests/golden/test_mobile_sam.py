"""MobileSAM against the published program: its encoder, and prompts on photographs.

Covered modes: ``forward``, ``inference`` and the manifest, that is all of the family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from napari_rsseg.checkpoints import sam_key
from napari_rsseg.models.sam import Frame, Sam, SamArchitecture, SamPrompts, normalised_square, resized

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "mobilesam"
_ENCODER = "image_encoder."


def _filled(case: GoldenCase) -> Sam:
    network = Sam(SamArchitecture(encoder="vit_t")).eval()
    case.fill(network, sam_key)
    return network


@torch.no_grad()
def test_every_intermediate_is_the_published_one(forward_case: GoldenCase) -> None:
    network, inputs = _filled(forward_case), forward_case.inputs()
    encoder = network.image_encoder
    outputs: dict[str, torch.Tensor] = {}

    def keep(name: str, module: torch.nn.Module) -> None:
        module.register_forward_hook(lambda module, args, output: outputs.update({name: output.clone()}))

    stages = encoder.vit.stages
    keep("patch_embed", encoder.vit.patch_embed)
    keep("block", stages[1].blocks[0])
    for index in (1, 2, 3):
        keep(f"grid_{index - 1}", stages[index].downsample)  # the end of the published stage before
    keep("grid_3", stages[3])
    embedding = network.encode(inputs["image"])
    outputs |= {f"stage_{index}": outputs[f"grid_{index}"].flatten(2).transpose(1, 2) for index in range(4)}
    outputs["stage_1_block_0"] = outputs["block"].flatten(1, 2)
    several = forward_case.words["model"]["multimask_output"]
    low_res, iou = network.decode(embedding, SamPrompts(inputs["points"], inputs["labels"]), several=several)
    forward_case.compare(outputs | {"embedding": embedding, "low_res": low_res, "iou": iou})


@torch.no_grad()
def test_prompts_on_a_photograph_give_the_published_masks(inference_case: GoldenCase) -> None:
    network, words = _filled(inference_case), inference_case.words["model"]
    with Image.open(inference_case.path.parent / words["image_png"]) as opened:
        image = np.asarray(opened.convert("RGB"))
    frame = Frame.filling(image.shape[:2], network.side_px)
    embedding = network.encode(normalised_square(resized(image, frame.inner), network.side_px))
    corners = frame.boxes_to_square(np.asarray([words["box"]]))
    box = torch.from_numpy(corners).float()
    points = torch.from_numpy(frame.to_square(np.asarray([words["point_coords"]]))).float()
    labels = torch.tensor([words["point_labels"]])
    given = {
        "points": (SamPrompts(points, labels), True),
        "box": (SamPrompts(boxes=box), False),
        "points_box": (SamPrompts(points, labels, box), True),
    }
    outputs = {"embedding": embedding}
    for name, (prompts, several) in given.items():
        low_res, iou = network.decode(embedding, prompts, several=several)
        outputs |= {
            f"{name}_low_res": low_res,
            f"{name}_iou": iou,
            f"{name}_logits": frame.to_image(low_res),
        }
    inference_case.compare(outputs)


def test_the_file_is_the_network_and_a_classifier(manifest_case: GoldenCase) -> None:
    with torch.device("meta"):
        classifier = torch.nn.ModuleDict(
            {"norm_head": torch.nn.LayerNorm(320), "head": torch.nn.Linear(320, 1000)}
        )
    network = Sam(SamArchitecture(encoder="vit_t"))
    found = {sam_key(key): list(value.shape) for key, value in network.state_dict().items()}
    found |= {_ENCODER + key: list(value.shape) for key, value in classifier.state_dict().items()}
    assert found == {key: entry["shape"] for key, entry in manifest_case.words["keys"].items()}
