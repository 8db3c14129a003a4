"""Actors of one catalogue in another: who is number 3 here may be number 5 there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.project.catalogue import Catalogue

__all__ = ["actor_numbers"]


def actor_numbers(source: Catalogue, target: Catalogue) -> npt.NDArray[np.uint16]:
    """Return, for each actor number of one catalogue, that of another; made there where it is missing.

    Parameters
    ----------
    source, target : Catalogue
        From which, and to which.

    Returns
    -------
    ndarray, (65536,), uint16
        0 for numbers that nobody has.

    Raises
    ------
    ProjectError
        When the target is open only to read.
    """
    numbers = np.zeros(65_536, dtype=np.uint16)
    with target.transaction() as connection:
        for row in source.rows("SELECT * FROM actors"):
            values = (row["kind"], row["name"], row["digest"], row["since"])
            found = connection.execute(
                "SELECT id FROM actors WHERE kind = ? AND name = ? AND digest = ? "
                "AND substr(since, 1, 10) = substr(?, 1, 10)",
                values,
            ).fetchone()
            if found is None:
                found = connection.execute(
                    "INSERT INTO actors (kind, name, digest, since) VALUES (?, ?, ?, ?) RETURNING id", values
                ).fetchone()
            numbers[row["id"]] = found["id"]
    return numbers
