"""Teachers that are running means of students."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

__all__ = ["teacher_share", "update_teachers"]


def teacher_share(iteration: int, decay: float = 0.999) -> float:
    """Return the share that a teacher keeps at the start of an iteration, counted from 0.

    Until it reaches ``decay`` the teacher is the plain mean of its start and of all students so far
    (Tarvainen and Valpola 2017).
    """
    return min(1 - 1 / (iteration + 1), decay)


@torch.no_grad()
def update_teachers(pairs: Iterable[tuple[nn.Module, nn.Module]], share: float, *, buffers: bool) -> None:
    """Move each teacher towards its student.

    Parameters
    ----------
    pairs : iterable of pairs of Module
        Teachers and students of the same parts.
    share : float
        What the teacher keeps.
    buffers : bool
        Average running statistics too and take over counters; the published code leaves them to the teacher.
    """
    for teacher, student in pairs:
        for kept, new in zip(teacher.parameters(), student.parameters(), strict=True):
            kept.mul_(share).add_(new, alpha=1 - share)
        if buffers:
            for statistic, present in zip(teacher.buffers(), student.buffers(), strict=True):
                if statistic.is_floating_point():
                    statistic.mul_(share).add_(present, alpha=1 - share)
                else:
                    statistic.copy_(present)
