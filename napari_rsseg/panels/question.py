"""What the user must decide before something goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """A question with a button per answer.

    Attributes
    ----------
    text : str
        One or two sentences.
    answers : mapping
        Words of each answer, by its key.
    """

    text: str
    answers: Mapping[str, str]
