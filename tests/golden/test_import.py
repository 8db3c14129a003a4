"""Files of the published programs through the whole import, loaded as the engine does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from napari_rsseg.engine.loading import load_network
from napari_rsseg.jobs.importing import ImportOptions, import_file
from napari_rsseg.models.st_dasegnet import StDasegnet
from napari_rsseg.models.translandseg import TransLandSeg
from tests.golden.conftest import GoldenCase

if TYPE_CHECKING:
    from napari_rsseg.models import SegmentationNetwork

GOLDEN = Path(os.environ["RSSEG_GOLDEN"])


def answers(network: SegmentationNetwork, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what the cases know of a network's answer."""
    if isinstance(network, TransLandSeg):
        return {"logits_after_load": network.mask_logits(images)}
    if isinstance(network, StDasegnet):
        return {"logits": network(images)}
    return {"logits_full": network(images)}


@pytest.mark.parametrize(
    ("name", "file", "family"),
    [
        ("ktda_checkpoint_best", "ktda_checkpoint_best.pth", "ktda"),
        ("ktda_checkpoint_resume", "ktda_checkpoint_resume.pth", "ktda"),
        ("tls_checkpoint_tiny", "tls_checkpoint_tiny.pth.tar", "translandseg"),
        ("std_checkpoint_tiny", "std_checkpoint_tiny.pth", "stdasegnet"),
    ],
)
def test_an_imported_file_gives_the_published_numbers(
    name: str, file: str, family: str, tmp_path: Path
) -> None:
    if not (GOLDEN / file).exists():
        pytest.skip(f"{file} is not in {GOLDEN}; set RSSEG_GOLDEN")
    case = GoldenCase(GOLDEN / f"{name}.json")
    again: Any = None
    for source in (GOLDEN / file, None):  # the authors' file, then ours without its card
        model = import_file(source or again, name="again", options=ImportOptions(tmp_path / "models"))
        assert model.card.family == family
        network = load_network(model.card, model.weights_path).eval()
        inputs = case.inputs()
        with torch.no_grad():
            found = answers(network, inputs["img"] if "img" in inputs else inputs["image"])
        case.compare(found, only=list(found))
        again = model.weights_path.rename(tmp_path / "bare.safetensors")
        model.card_path.unlink()
