"""SAM's attention with decomposed relative positions, without its N x N matrix per head."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from napari_rsseg.models.layers.sam_parts import Attention, get_rel_pos

__all__ = ["GridAttention"]

_LOGITS = 2**20  # at a time on a CPU: 4 MiB stay in its caches; more is slower and takes more memory


class GridAttention(Attention):
    """The same parameters, keys and numbers as segment-anything's ``Attention``, in less time and memory.

    The logit of query (r, c) and key (r', c') is q.k / sqrt(d) + q.Rh[r - r'] + q.Rw[c - c']. On a CPU a few
    heads or queries are taken at a time, and the product is added to the position terms where they lie; on an
    accelerator the position terms become extra columns of query and key, so that fused kernels that take no
    mask can be used.
    """

    def forward(self, x: Tensor, window: int = 0) -> Tensor:
        """Map tokens (B, H, W, D) to (B, H, W, D), in windows of this side or, with 0, over the whole grid.

        Windows stick out below and at the right where they must; what is there are zeros, which take part as
        keys. They become the bias of ``qkv``, so that nothing is computed for them.
        """
        height, width = x.shape[1:3]
        size = (window, window) if window else (height, width)
        rows = size[0] if x.device.type == "cpu" else height  # a row of windows at a time needs less memory
        output = torch.empty_like(x)
        for start in range(0, height, rows):
            output[:, start : start + rows] = self.proj(self._attended(x[:, start : start + rows], size))
        return output

    def _attended(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """Map whole windows of tokens (B, H, W, D) to what their queries take over, (B, H, W, D)."""
        batch, height, width, _ = x.shape
        down, across = -(-height // size[0]), -(-width // size[1])
        mixed = self._mixed(
            self._by_head(self.qkv(x), size)
        )  # (G, h, w, d), G: windows of the batch, by head
        heads = mixed.reshape(batch, down, across, self.num_heads, *size, -1)
        joined = heads.permute(0, 1, 4, 2, 5, 3, 6).reshape(batch, down * size[0], across * size[1], -1)
        inner: Tensor = joined[:, :height, :width]
        return inner

    def _by_head(self, qkv: Tensor, size: tuple[int, int]) -> Tensor:
        """Map (B, H, W, 3D) to query, key and value of each window and head, (3, G, h, w, d)."""
        qkv = self._filled_up(qkv, size)  # (B, H', W', 3D)
        windows = qkv.unflatten(2, (-1, size[1])).unflatten(1, (-1, size[0]))  # (B, down, h, across, w, 3D)
        split = windows.unflatten(5, (3, self.num_heads, -1)).permute(5, 0, 1, 3, 6, 2, 4, 7)
        grids: Tensor = split.flatten(1, 4)
        return grids

    def _filled_up(self, qkv: Tensor, size: tuple[int, int]) -> Tensor:
        batch, height, width, _ = qkv.shape
        below, beside = -height % size[0], -width % size[1]
        if not (below or beside):
            return qkv
        filled: Tensor = self.qkv.bias.to(qkv.dtype).expand(batch, height + below, width + beside, -1).clone()
        filled[:, :height, :width] = qkv
        return filled

    def _mixed(self, split: Tensor) -> Tensor:
        """Map query, key and value of grids (3, G, h, w, d) to what each query takes over, (G, h, w, d)."""
        grid, (height, width) = split[0], split.shape[2:4]
        row_table = get_rel_pos(height, height, self.rel_pos_h).to(grid.dtype)  # (h, h, d): query, key
        column_table = get_rel_pos(width, width, self.rel_pos_w).to(grid.dtype)
        rows = torch.einsum("ghwc,hkc->ghwk", grid, row_table).flatten(1, 2)  # (G, N, h)
        columns = torch.einsum("ghwc,wkc->ghwk", grid, column_table).flatten(1, 2)  # (G, N, w)
        query, key, value = split.flatten(2, 3)  # (G, N, d) each
        attend = _sliced if split.device.type == "cpu" else _widened
        mixed: Tensor = attend(query, key, value, rows, columns).unflatten(1, (height, width))
        return mixed


def _sliced(query: Tensor, key: Tensor, value: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    count, tokens, channels = query.shape
    scale = channels**-0.5
    heads, queries = max(1, _LOGITS // tokens**2), max(1, min(tokens, _LOGITS // tokens))
    mixed = torch.empty_like(query)
    for first in range(0, count, heads):
        some = slice(first, first + heads)
        keys, values = key[some].transpose(1, 2), value[some]
        for start in range(0, tokens, queries):
            part = (some, slice(start, start + queries))
            logits = (rows[part][..., :, None] + columns[part][..., None, :]).flatten(-2)
            mixed[part] = logits.baddbmm_(query[part], keys, alpha=scale).softmax(dim=-1) @ values
    return mixed


def _widened(query: Tensor, key: Tensor, value: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    width = query.shape[-1]
    height_px, width_px = rows.shape[-1], columns.shape[-1]
    index = torch.arange(height_px * width_px, device=query.device)
    one_row = functional.one_hot(index // width_px, height_px).to(key.dtype)  # (N, H)
    one_column = functional.one_hot(index % width_px, width_px).to(key.dtype)
    marks = torch.cat((one_row, one_column), dim=1).expand(key.shape[0], -1, -1)
    wide_query = torch.cat((query * width**-0.5, rows, columns), dim=-1)
    wide_key = torch.cat((key, marks), dim=-1)
    wide_value = functional.pad(value, (0, height_px + width_px))  # fused kernels want one width
    joined = functional.scaled_dot_product_attention(
        wide_query[None], wide_key[None], wide_value[None], scale=1.0
    )  # fused kernels want four axes
    return joined[0, ..., :width]
