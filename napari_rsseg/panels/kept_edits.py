"""What a hand painted, kept between sessions while there is no project: a file per scene and scheme."""

from __future__ import annotations

import logging
import re
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import Scheme
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.scene import Scene

__all__ = ["keep_edits", "kept_schemes", "restore_edits"]

_LOGGER = logging.getLogger(__name__)
_UNSAFE = re.compile(r"[^\w.-]+")


def keep_edits(folder: Path, fingerprint: str, labelling: Labelling) -> int:
    """Write the blocks that a hand changed, or remove the file where none is changed; for any thread.

    Parameters
    ----------
    folder : Path
        Where such files lie.
    fingerprint : str
        Of the scene.
    labelling : Labelling
        Its labels.

    Returns
    -------
    int
        Number of blocks kept.

    Raises
    ------
    OutputError
        When the cache cannot be written.
    """
    path = _path(folder, fingerprint, labelling.scheme.name)
    arrays: dict[str, Any] = {}
    corners: list[tuple[int, int]] = []
    for window in labelling.touched_pages():
        labels, predicted = labelling.snapshot(window)
        if (labels != predicted).any():
            arrays |= {f"labels{len(corners)}": labels, f"predicted{len(corners)}": predicted}
            corners.append((window.row_start, window.column_start))
    if not corners:
        path.unlink(missing_ok=True)
        return 0
    arrays |= {"corners": np.array(corners), "size": np.array(labelling.window.shape)}
    arrays["scheme"] = np.array(labelling.scheme.model_dump_json())
    with replacing(path, overwrite=True) as draft:
        np.savez_compressed(draft, **arrays)
    return len(corners)


def kept_schemes(folder: Path, scene: Scene) -> tuple[Scheme, ...]:
    """Return the schemes under which a hand painted on a scene in an earlier session."""
    found = (_read(path, scene) for path in sorted(folder.glob(f"{scene.fingerprint}_*.npz")))
    return tuple(scheme for scheme, _ in filter(None, found))


def restore_edits(folder: Path, scene: Scene, labelling: Labelling) -> int:
    """Bring back what was painted on a scene; return the number of pixels that a hand changed."""
    found = _read(_path(folder, scene.fingerprint, labelling.scheme.name), scene)
    if found is None or found[0].names != labelling.scheme.names:
        return 0
    for window, labels, predicted in found[1]:
        labelling.labels[window.slices] = labels
        labelling.predicted[window.slices] = predicted
        labelling.touch(window)
    return labelling.count_edited(labelling.window)


_Ids = npt.NDArray[np.uint8]
_Blocks = list[tuple[Window, _Ids, _Ids]]


def _read(path: Path, scene: Scene) -> tuple[Scheme, _Blocks] | None:
    """Return scheme and blocks of a file; None where there is none, or it is damaged or of another size."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if tuple(kept["size"]) != (scene.height, scene.width):
                return None
            scheme = Scheme.model_validate_json(str(kept["scheme"]))
            blocks: _Blocks = []
            for index, (row, column) in enumerate(kept["corners"]):
                labels = kept[f"labels{index}"]
                window = Window(int(row), int(row) + len(labels), int(column), int(column) + labels.shape[1])
                blocks.append((window, labels, kept[f"predicted{index}"]))
            return scheme, blocks
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        _LOGGER.warning("labels painted earlier are left aside: %s cannot be read (%s)", path, error)
        return None


def _path(folder: Path, fingerprint: str, scheme: str) -> Path:
    return folder / f"{fingerprint}_{_UNSAFE.sub('_', scheme)}.npz"
