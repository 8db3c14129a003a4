"""Position tables of vision transformers, at another grid."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from napari_rsseg.errors import CheckpointError

__all__ = ["resize_positions", "table_grid"]


def table_grid(rows: int) -> tuple[int, int]:
    """Return the square grid of a table with one row for the class token.

    Raises
    ------
    CheckpointError
        The rows are not a square and one.
    """
    side = math.isqrt(max(rows - 1, 0))
    if side * side + 1 != rows or side == 0:
        raise CheckpointError(
            f"A position table of {rows} rows is no square grid with a class token.",
            "Take a vision transformer without register tokens.",
        )
    return side, side


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
