"""The random walker with priors (Grady 2005): what was judged superpixel by superpixel holds together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.prompting.classical.cues import Seeds
    from napari_rsseg.engine.prompting.classical.image import Superpixels

__all__ = ["walked"]

_PRIOR = 0.1  # weight of the judgement against that of the neighbours, for one prompt; less for more
_CERTAIN = 1e3  # of the prompts


def walked(image: Superpixels, shares: npt.NDArray[np.float32], seeds: Seeds) -> npt.NDArray[np.float32]:
    """Return how likely a walk from each superpixel ends inside the object, (N,).

    A walk goes to neighbours, more readily to those alike, and ends at a prompt, or anywhere by the prior:
    inside the object with the share ``shares`` (N,) that was judged there.
    """
    graph = image.matrix(image.affinities)
    prior = _PRIOR / np.sqrt(max(1, seeds.prompts))
    ends = np.full(image.count, prior)
    ends[np.r_[seeds.inside, seeds.outside]] += _CERTAIN
    inside = prior * shares.astype(np.float64)
    inside[seeds.inside] += _CERTAIN
    system = sparse.diags_array(np.asarray(graph.sum(axis=1)).ravel() + ends) - graph
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return np.clip(solver.solve(inside), 0, 1).astype(np.float32)
