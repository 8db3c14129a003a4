"""What of a file fits a network, key by key, and the words in which a misfit is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

__all__ = ["Comparison", "compare"]

_NAMED = 3
"""Keys of a kind that are named; the others are counted."""


@dataclass(frozen=True)
class Comparison:
    """A network's tensors beside those of a file.

    Attributes
    ----------
    wanted : int
        Keys of the network.
    missing : tuple of str
        Keys of the network that the file lacks.
    reshaped : tuple of (str, shape of the file's, shape of the network's)
        Keys whose tensors have another shape.
    unexpected : tuple of str
        Keys of the file that the network lacks and training programs are not known to leave.
    """

    wanted: int
    missing: tuple[str, ...] = ()
    reshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = ()
    unexpected: tuple[str, ...] = ()

    @property
    def matching(self) -> int:
        """Keys of the network that the file holds in the right shape."""
        return self.wanted - len(self.missing) - len(self.reshaped)

    @property
    def fills(self) -> bool:
        """Whether the network gets all it needs."""
        return not self.missing and not self.reshaped

    def __str__(self) -> str:
        shapes = [f"{key} is {theirs} instead of {ours}" for key, theirs, ours in self.reshaped]
        kinds = (
            ("missing", [f"{key} is missing" for key in self.missing]),
            ("of another shape", shapes),
            ("unexpected", [f"{key} is unexpected" for key in self.unexpected]),
        )
        counts = ", ".join(f"{len(lines)} {kind}" for kind, lines in kinds if lines)
        named = "; ".join(line for _, lines in kinds for line in lines[:_NAMED])
        hidden = sum(max(0, len(lines) - _NAMED) for _, lines in kinds)
        more = f" and {hidden} more" if hidden else ""
        return f"of its {self.wanted} keys {self.matching} fit, {counts}: {named}{more}"


def compare(
    wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], leaves: Sequence[str] = ()
) -> Comparison:
    """Compare keys and shapes.

    Parameters
    ----------
    wanted : mapping of Tensor
        Of a network, by the file's keys and in the file's shapes; may be without values.
    found : mapping of Tensor
        Of a file.
    leaves : sequence of str
        Patterns that are searched in keys: what training programs leave in files and no network needs.
    """
    shapes = {key: tuple(value.shape) for key, value in wanted.items()}
    extra = [key for key in found if key not in shapes]
    return Comparison(
        wanted=len(shapes),
        missing=tuple(key for key in shapes if key not in found),
        reshaped=tuple(
            (key, theirs, ours)
            for key, ours in shapes.items()
            if key in found and (theirs := tuple(found[key].shape)) != ours
        ),
        unexpected=tuple(key for key in extra if not any(re.search(pattern, key) for pattern in leaves)),
    )
