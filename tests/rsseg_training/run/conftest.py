from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from napari_rsseg.checkpoints import mobile_sam_key
from napari_rsseg.models.layers.sam_parts import MaskDecoder, PromptEncoder, TwoWayTransformer
from napari_rsseg.models.sam import MobileSamEncoder
from rsseg_training.recipes import Recipe, recipe_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _filled(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return a network's tensors, drawn: weights of unit gain, all else near its initial value."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for key, value in network.state_dict().items():
        if value.ndim > 1:
            drawn = torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5
        else:
            drawn = value + 0.01 * torch.rand(value.shape, generator=generator)
        tensors[key] = drawn.to(value.dtype)
    return tensors


@pytest.fixture
def filled() -> Callable[[nn.Module], dict[str, torch.Tensor]]:
    """Drawn tensors for a network."""
    return _filled


@pytest.fixture
def mobile_sam_file(tmp_path: Path) -> Path:
    """A file in the form of ``mobile_sam.pt``: its 439 keys and shapes, drawn values.

    They are those of the golden manifest: TinyViT as image encoder with its unused classifier, SAM's prompt
    encoder and mask decoder.
    """
    prompts = PromptEncoder(
        embed_dim=256, image_embedding_size=(64, 64), input_image_size=(1024, 1024), mask_in_chans=16
    )
    transformer = TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8)
    decoder = MaskDecoder(transformer_dim=256, transformer=transformer)
    classifier = nn.ModuleDict({"norm_head": nn.LayerNorm(320), "head": nn.Linear(320, 1000)})
    tensors = {mobile_sam_key(key): value for key, value in _filled(MobileSamEncoder()).items()}
    tensors |= {f"image_encoder.{key}": value for key, value in _filled(classifier).items()}
    tensors |= {f"prompt_encoder.{key}": value for key, value in _filled(prompts).items()}
    tensors |= {f"mask_decoder.{key}": value for key, value in _filled(decoder).items()}
    assert len(tensors) == 439
    folder = tmp_path / "weights"
    folder.mkdir(exist_ok=True)
    path = folder / "mobile_sam.pt"
    torch.save(tensors, path)
    return path


def _toy(**changes: Any) -> Recipe:
    values = {
        "name": "toy",
        "task": "landslide",
        "device": "cpu",
        "model": {"family": "unet", "architecture": {"widths": [8, 16]}},
        "data": [{"set": "landslide4sense", "splits": ["val"]}],
        "calibration": [{"set": "landslide4sense", "splits": ["test"]}],
        "loop": {"steps": 4, "batch": 2, "crop_px": 32, "save_every": 2},
        "augmentation": {"jitter": 0.5, "zoom_high": 2.0},
        "objective": {"class_weights": [1.0, 1.0]},
        "card": {"title": "Toy", "threshold": 0.3},
        "transfer": {"teacher": "none"},
    }
    return recipe_from({**values, **changes}, source="toy")


@pytest.fixture(scope="session")
def toy() -> Callable[..., Recipe]:
    """A recipe of a few steps; sections may be replaced."""
    return _toy
