"""Writing a model: weights and card together or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.errors import ModelError, OutputError
from napari_rsseg.registry.card_file import card_of, card_text
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.registry.sources import ModelFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from pydantic import JsonValue

__all__ = ["CARD_KEY", "carried_card", "save_model"]

CARD_KEY = "napari-rsseg card"
"""Entry of a safetensors file's metadata: the card without the digest, from which a lost one is restored."""
_LONGEST_HEADER = 100_000_000  # bytes, as the format has it


def _check_tensors(name: str, tensors: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Refuse weights that no network can use.

    Raises
    ------
    ModelError
        When there are none, or some hold NaN or infinity.
    """
    if not tensors:
        raise ModelError(f"Model {name} has no weights.", "Train it first.")
    unusable = [
        key
        for key, tensor in tensors.items()
        if np.issubdtype(tensor.dtype, np.floating) and not np.isfinite(tensor).all()
    ]
    if unusable:
        raise ModelError(
            f"Weights of {name} hold NaN or infinity in {len(unusable)} tensors, first {unusable[0]}.",
            "Train with a smaller learning rate, or store as float32 what float16 cannot hold.",
        )


def _settle(path: Path) -> None:
    """Wait until the disk has a file, and give it the rights that a plain ``open`` would."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def carried_card(weights: Path) -> dict[str, JsonValue] | None:
    """Return the card's values, without the digest, that a weight file of ours carries; None for others.

    What is returned is a stranger's word, to be checked as any card is.
    """
    try:
        with weights.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length)) if 0 < length <= _LONGEST_HEADER else {}
        values = json.loads(header["__metadata__"][CARD_KEY])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def save_model(
    folder: Path,
    card_without_sha: Mapping[str, JsonValue],
    tensors: Mapping[str, npt.NDArray[np.generic]],
    *,
    overwrite: bool = False,
) -> ModelFile:
    """Write ``<name>.safetensors`` and ``<name>.json``; the card is the last to appear.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    card_without_sha : mapping
        The card's values without ``sha256``.
    tensors : mapping of ndarray
        Weights by the network's key, in the dtype they are stored in.
    overwrite : bool
        Whether a model of the same name may be replaced.

    Returns
    -------
    ModelFile
        With the card as written.

    Raises
    ------
    ModelError
        When the card is not valid or the weights are unusable; nothing is written then.
    OutputError
        When the model exists, or the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    name = str(card_without_sha.get("name"))
    card_of({**card_without_sha, "sha256": "0" * 64}, source=f"The card of {name}")
    _check_tensors(name, tensors)
    card_path, weights_path = folder / f"{name}.json", folder / f"{name}.safetensors"
    if not overwrite and (card_path.exists() or weights_path.exists()):
        raise OutputError(f"{weights_path} exists.", "Choose another name, or allow overwriting.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
            new_weights, new_card = Path(part, weights_path.name), Path(part, card_path.name)
            # asarray keeps scalars scalars, which ascontiguousarray would not
            content = {key: np.asarray(tensor, order="C") for key, tensor in tensors.items()}
            # to a file at once: bytes in memory would be the weights once more
            save_file(content, new_weights, metadata={CARD_KEY: json.dumps(dict(card_without_sha))})
            _settle(new_weights)
            digest = sha256_of(new_weights)
            card = card_of({**card_without_sha, "sha256": digest}, source=f"The card of {name}")
            new_card.write_bytes(card_text(card).encode())
            _settle(new_card)
            card_path.unlink(missing_ok=True)  # an old card must never stand beside new weights
            new_weights.replace(weights_path)
            new_card.replace(card_path)
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(
            f"Model {name} cannot be written to {folder} ({reason}).",
            "Free disk space, or choose a folder you may write to.",
        ) from None
    return ModelFile(card=card, card_path=card_path, weights_path=weights_path)
