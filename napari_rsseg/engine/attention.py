"""Attention with less memory at once: queries are taken in parts; worker side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ChunkedAttention"]


class ChunkedAttention(TorchFunctionMode):
    """While entered, attention of any network is computed for a part of the queries after another.

    Each query's softmax runs over all keys as before, so the numbers are the same but for rounding.

    Parameters
    ----------
    chunks : int
        Number of parts.
    """

    def __init__(self, chunks: int) -> None:
        super().__init__()
        self._chunks = chunks

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run one torch function; called by torch."""
        named = dict(kwargs or {})
        if func is not functional.scaled_dot_product_attention or named.get("is_causal", False):
            return func(*args, **named)
        query, key, value, *rest = args
        mask = rest[0] if rest else named.pop("attn_mask", None)
        size = -(-query.shape[-2] // self._chunks)
        parts = []
        for start in range(0, query.shape[-2], size):
            some = slice(start, start + size)
            part = mask if mask is None or mask.shape[-2] == 1 else mask[..., some, :]
            parts.append(func(query[..., some, :], key, value, part, *rest[1:], **named))
        return torch.cat(parts, dim=-2)
