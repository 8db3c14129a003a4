"""Which chips show nearly the same picture, as copies and dates of one place do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["THUMBNAIL_PX", "alike_pairs", "thumbnail"]

THUMBNAIL_PX = 16
_LIKENESS = 0.98
_FLAT = 2.5 / 255  # contrast below which only noise is compared
_ROWS = 2048


def thumbnail(picture: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return a perceptual digest of a picture: a small grey copy without its brightness and contrast.

    Parameters
    ----------
    picture : ndarray, (height, width), float32
        Grey values, 0 to 1.
    valid : ndarray, (height, width), bool
        Where something was measured; the rest counts as the mean.

    Returns
    -------
    ndarray, (`THUMBNAIL_PX` ** 2,), float32
        Of length 1; all 0 where the picture is too flat to be told from others.
    """
    import cv2

    filled = np.where(valid, picture, picture[valid].mean() if valid.any() else 0).astype(np.float32)
    small = cv2.resize(filled, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    if small.std() < _FLAT:
        return np.zeros(small.shape, dtype=np.float32)
    return np.asarray(small / np.linalg.norm(small), dtype=np.float32)


def alike_pairs(thumbnails: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return the pairs of pictures that correlate above 0.98.

    Parameters
    ----------
    thumbnails : ndarray, (n, `THUMBNAIL_PX` ** 2), float32
        As `thumbnail` makes them.

    Returns
    -------
    ndarray, (pairs, 2), int64
        Indices, the smaller first.
    """
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(thumbnails), _ROWS):
        likeness = thumbnails[start : start + _ROWS] @ thumbnails[start:].T
        rows, columns = np.nonzero(likeness > _LIKENESS)
        is_pair = columns > rows
        found.append(np.stack([rows[is_pair], columns[is_pair]], axis=1) + start)
    return np.concatenate(found)
