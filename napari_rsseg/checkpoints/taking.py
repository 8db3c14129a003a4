"""From a file's tensors to a network's: recognised, compared key by key, renamed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_rsseg.checkpoints.comparing import compare
from napari_rsseg.checkpoints.families import compare_with, empty_network, published_form
from napari_rsseg.checkpoints.known import nearest_words
from napari_rsseg.checkpoints.recognition import recognise
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from napari_rsseg.checkpoints.comparing import Comparison
    from napari_rsseg.checkpoints.reading import Checkpoint
    from napari_rsseg.checkpoints.recognised import RecognisedNetwork

__all__ = ["TakenIn", "check_fit", "take_in"]

_NO_SIZES = (
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    AssertionError,
)
"""What reading sizes off shapes, and building networks of them, raise where they make no sense."""


@dataclass(frozen=True)
class TakenIn:
    """Weights that fit a network.

    Attributes
    ----------
    recognised : RecognisedNetwork
        The network.
    state : dict of Tensor
        Complete, by the network's keys.
    left_out : tuple of str
        Unexpected keys of the file that were left out as asked.
    """

    recognised: RecognisedNetwork
    state: dict[str, Tensor]
    left_out: tuple[str, ...] = ()


def take_in(
    checkpoint: Checkpoint, *, known: RecognisedNetwork | None = None, lenient: bool = False
) -> TakenIn:
    """Tell which network a file holds and return its weights, or say key by key what does not fit.

    Parameters
    ----------
    checkpoint : Checkpoint
        As its authors' program, a library or this package wrote it.
    known : RecognisedNetwork, optional
        The network it must be; told by the file where none is given.
    lenient : bool
        Whether keys that the network does not have are left out instead of refused.

    Raises
    ------
    CheckpointError
        The file is of no known network, or does not fit the one it names; with the nearest known one.
    """
    tensors, recognised, network = _network_of(checkpoint, known)
    comparison = compare_with(recognised.family, network, tensors)
    if not comparison.fills or (comparison.unexpected and not lenient):
        raise _misfit(recognised.family, comparison, tensors)
    return TakenIn(recognised, recognised.pick(network, tensors), comparison.unexpected)


def _network_of(
    checkpoint: Checkpoint, known: RecognisedNetwork | None
) -> tuple[dict[str, Tensor], RecognisedNetwork, nn.Module]:
    """Return the tensors by published keys, what they are, and the network without values."""
    try:
        tensors = published_form(checkpoint.tensors)
        recognised = known or recognise(replace(checkpoint, tensors=tensors))
        return tensors, recognised, empty_network(recognised.family, recognised.architecture)
    except _NO_SIZES as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise CheckpointError(
            f"The keys are a known network's, their shapes are none's ({type(error).__name__}: {reason}).",
            "Take the whole file that its training program wrote.",
        ) from error


def check_fit(family: str, architecture: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Compare weights by a network's own keys with the network.

    Raises
    ------
    CheckpointError
        Keys are missing, unexpected or of another shape.
    """
    comparison = compare(empty_network(family, architecture).state_dict(), tensors)
    if not comparison.fills or comparison.unexpected:
        raise _misfit(family, comparison, tensors)


def _misfit(family: str, comparison: Comparison, tensors: Mapping[str, Tensor]) -> CheckpointError:
    found = f"The weights do not fit the network {family}: {comparison}."
    if comparison.fills:
        return CheckpointError(found, "Leave out what the network does not have: --leave-unexpected.")
    return CheckpointError(
        f"{found}{nearest_words(tensors)}", "Take the whole file that its training program wrote."
    )
