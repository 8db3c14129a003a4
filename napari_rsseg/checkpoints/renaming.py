"""Keys rewritten by rules, in their order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

__all__ = ["Rules", "renamed_tensors", "rewritten", "rules_of"]

Rules = tuple[tuple[re.Pattern[str], str], ...]
"""Pattern and replacement, as `re.sub` takes them."""


def rules_of(*rules: tuple[str, str]) -> Rules:
    """Return rules, each pattern compiled."""
    return tuple((re.compile(theirs), ours) for theirs, ours in rules)


def rewritten(key: str, rules: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """Return a key after all rules, each of which sees what the one before made."""
    for pattern, replacement in rules:
        key = pattern.sub(replacement, key)
    return key


def renamed_tensors(tensors: Mapping[str, Tensor], rules: Rules) -> dict[str, Tensor]:
    """Return tensors under their rewritten keys, in the order given."""
    return {rewritten(key, rules): value for key, value in tensors.items()}
