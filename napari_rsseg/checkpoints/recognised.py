"""What to build for a published file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch import Tensor, nn

__all__ = ["RecognisedNetwork", "numbers_in"]


@dataclass(frozen=True)
class RecognisedNetwork:
    """Network of a published file.

    Attributes
    ----------
    family : str
        As in a card.
    architecture : dict
        As in a card.
    pick : callable
        Takes the built network and the file's tensors; returns the network's state, or raises
        `CheckpointError` with what does not fit.
    assumed : tuple of str
        Settings that neither tensors nor configuration tell, each with the value that was taken.
    """

    family: str
    architecture: dict[str, Any]
    pick: Callable[[nn.Module, Mapping[str, Tensor]], dict[str, Tensor]]
    assumed: tuple[str, ...] = ()


def numbers_in(keys: Iterable[str], pattern: str) -> tuple[int, ...]:
    """Return the different numbers that a pattern's group takes in the keys, in order."""
    return tuple(sorted({int(found[1]) for key in keys if (found := re.match(pattern, key))}))
