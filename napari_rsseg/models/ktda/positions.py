"""Position tables of vision transformers, at another grid."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["resize_positions"]


def resize_positions(table: Tensor, source: tuple[int, int], target: tuple[int, int]) -> Tensor:
    """Resize the patch rows of a table, bicubic without antialiasing; the class row is copied.

    Parameters
    ----------
    table : Tensor, (1, 1 + source rows * source columns, C)
        Class row first, then the grid in row-major order.
    source, target : tuple of int
        Rows and columns of the stored and of the wanted grid.

    Returns
    -------
    Tensor, (1, 1 + target rows * target columns, C)
        The table itself where the grids agree.
    """
    if source == target:
        return table
    grid = table[:, 1:].reshape(1, *source, -1).permute(0, 3, 1, 2)  # (1, C, rows, columns)
    resized = functional.interpolate(grid, size=target, mode="bicubic", align_corners=False)
    return torch.cat((table[:, :1], resized.flatten(2).transpose(1, 2)), dim=1)
