from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from napari_rsseg.engine.attention import ChunkedAttention
from napari_rsseg.engine.forward import Effort, ForwardPass, easier
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.errors import EngineError
from napari_rsseg.models import SegmentationNetwork, build

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def thread() -> Iterator[ForwardThread]:
    with ForwardThread() as thread:
        yield thread


class Narrow(SegmentationNetwork):
    """A network on a device that has memory for so many tiles, and no more."""

    stride_px = 4

    def __init__(self, tiles: int, *, error: type[RuntimeError] = torch.OutOfMemoryError) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner = build("unet", {"classes": 2, "widths": [8, 16], "bands": 3})
        self.tiles = tiles
        self.error = error

    def forward(self, images: Tensor) -> Tensor:
        if len(images) > self.tiles:
            raise self.error("not enough memory: you tried to allocate 1 byte")
        logits: Tensor = self.inner(images)
        return logits


@pytest.mark.parametrize("tiles", [1, 2, 3, 8])
@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_out_of_memory_halves_the_batch_and_gives_the_same_result(
    thread: ForwardThread, tiles: int, error: type[RuntimeError]
) -> None:
    plenty = ForwardPass(Narrow(8), torch.device("cpu"), thread=thread, batch=8)
    scarce = ForwardPass(Narrow(tiles, error=error), torch.device("cpu"), thread=thread, batch=8)
    torch.testing.assert_close(
        scarce(IMAGES), plenty(IMAGES), rtol=0, atol=1e-5
    )  # other batch, other rounding
    assert plenty.changes == []
    assert scarce.effort.batch == {1: 1, 2: 2, 3: 2, 8: 8}[tiles]
    assert len(scarce.changes) == {1: 3, 2: 2, 3: 2, 8: 0}[tiles]
    assert all("Memory ran out" in change for change in scarce.changes)


def test_a_smaller_batch_is_kept_for_later_passes(thread: ForwardThread) -> None:
    forward = ForwardPass(Narrow(2), torch.device("cpu"), thread=thread, batch=8)
    forward(IMAGES)
    forward(IMAGES)
    assert len(forward.changes) == 2


def test_a_tile_that_never_fits_ends_with_a_sentence(thread: ForwardThread) -> None:
    with pytest.raises(EngineError, match="does not fit into the memory of the cpu"):
        ForwardPass(Narrow(0), torch.device("cpu"), thread=thread, batch=2)(IMAGES)


def test_other_errors_are_not_taken_for_a_lack_of_memory(thread: ForwardThread) -> None:
    with pytest.raises(RuntimeError, match="expected input"):
        ForwardPass(Narrow(8), torch.device("cpu"), thread=thread)(IMAGES[:, :2])


def test_efforts_shrink_from_batch_over_attention_to_the_cpu() -> None:
    effort: Effort | None = Effort(batch=4, device="cuda")
    steps = []
    while effort is not None:
        steps.append((effort.batch, effort.attention_chunks, effort.device))
        effort = easier(effort)
    assert steps == [
        (4, 1, "cuda"), (2, 1, "cuda"), (1, 1, "cuda"), (1, 4, "cuda"), (1, 16, "cuda"),
        (1, 1, "cpu"), (1, 4, "cpu"), (1, 16, "cpu"),
    ]  # fmt: skip


class Attending(nn.Module):
    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        return nn.functional.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=mask)


@pytest.mark.parametrize("chunks", [2, 4, 16])
@pytest.mark.parametrize("rows", [None, 1, 37], ids=["no mask", "one row", "full mask"])
def test_attention_in_parts_gives_the_same_numbers(chunks: int, rows: int | None) -> None:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randn(2, 3, 37, 8, generator=generator)
    mask = None if rows is None else torch.randn(2, 3, rows, 37, generator=generator)
    expected = Attending()(tokens, mask)
    with ChunkedAttention(chunks):
        torch.testing.assert_close(Attending()(tokens, mask), expected)


class AllAttention(SegmentationNetwork):
    """A network that is one attention over all pixels."""

    stride_px = 1

    def forward(self, images: Tensor) -> Tensor:
        tokens = images.flatten(2).transpose(1, 2)[:, None]  # (B, 1, H*W, C)
        joined = nn.functional.scaled_dot_product_attention(tokens, tokens, tokens)
        return joined[:, 0].transpose(1, 2).reshape(images.shape)[:, :2]


def test_attention_in_parts_reaches_a_network_through_the_forward_pass(thread: ForwardThread) -> None:
    images = IMAGES[:1, :, :16, :16]
    whole = ForwardPass(AllAttention(), torch.device("cpu"), thread=thread)
    parts = ForwardPass(AllAttention(), torch.device("cpu"), thread=thread)
    parts.effort = Effort(batch=1, attention_chunks=4)
    torch.testing.assert_close(parts(images), whole(images))
