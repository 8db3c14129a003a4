"""SAM's attention with decomposed relative positions, without its N x N matrix per head."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from napari_rsseg.models.layers.sam_parts import Attention, get_rel_pos

__all__ = ["GridAttention"]

_QUERIES = 512  # a slice of queries at a time: a third of the memory and less time than all at once


class GridAttention(Attention):
    """The same parameters, keys and numbers as segment-anything's ``Attention``, by fused kernels.

    The logit of query (r, c) and key (r', c') is q.k / sqrt(d) + q.Rh[r - r'] + q.Rw[c - c']. On CPU the
    position terms are an additive mask over slices of queries; on an accelerator they become extra columns of
    query and key, so that kernels that take no mask can be used.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (B, H, W, D) to (B, H, W, D)."""
        batch, height, width, _ = x.shape
        qkv = self.qkv(x).reshape(batch, height * width, 3, self.num_heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # (B, heads, N, d) each
        grid = query.unflatten(2, (height, width))
        row_table = get_rel_pos(height, height, self.rel_pos_h).to(
            query.dtype
        )  # (H, H, d): query row, key row
        column_table = get_rel_pos(width, width, self.rel_pos_w).to(query.dtype)
        rows = torch.einsum("bnhwc,hkc->bnhwk", grid, row_table).flatten(2, 3)  # (B, heads, N, H)
        columns = torch.einsum("bnhwc,wkc->bnhwk", grid, column_table).flatten(2, 3)  # (B, heads, N, W)
        attend = _sliced if x.device.type == "cpu" else _widened
        joined = attend(query, key, value, rows, columns)  # (B, heads, N, d)
        output: Tensor = self.proj(joined.transpose(1, 2).reshape(batch, height, width, -1))
        return output


def _sliced(query: Tensor, key: Tensor, value: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    parts = []
    for start in range(0, query.shape[2], _QUERIES):
        some = slice(start, start + _QUERIES)
        bias = (rows[:, :, some, :, None] + columns[:, :, some, None, :]).flatten(-2)  # (B, heads, slice, N)
        parts.append(functional.scaled_dot_product_attention(query[:, :, some], key, value, attn_mask=bias))
    return torch.cat(parts, dim=2)


def _widened(query: Tensor, key: Tensor, value: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    width = query.shape[-1]
    height_px, width_px = rows.shape[-1], columns.shape[-1]
    index = torch.arange(height_px * width_px, device=query.device)
    one_row = functional.one_hot(index // width_px, height_px).to(key.dtype)  # (N, H)
    one_column = functional.one_hot(index % width_px, width_px).to(key.dtype)
    marks = torch.cat((one_row, one_column), dim=1).expand(*key.shape[:2], -1, -1)
    wide_query = torch.cat((query * width**-0.5, rows, columns), dim=-1)
    wide_key = torch.cat((key, marks), dim=-1)
    wide_value = functional.pad(value, (0, height_px + width_px))  # fused kernels want one width
    joined = functional.scaled_dot_product_attention(wide_query, wide_key, wide_value, scale=1.0)
    return joined[..., :width]
