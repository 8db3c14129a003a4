"""How likely each superpixel belongs to the object: two small networks on the cues, in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.prompting.classical.cues import context_cues, prompt_cues
from napari_rsseg.registry.sources import starters_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.classical.cues import Seeds
    from napari_rsseg.engine.prompting.classical.image import Superpixels

__all__ = ["Judge", "Perceptron", "shipped_judge"]

_WEIGHTS = "classical-judge.safetensors"


@dataclass(frozen=True, eq=False)
class Perceptron:
    """Linear layers with ReLU between them, on standardised cues.

    Attributes
    ----------
    mean, deviation : ndarray, (D,)
        Of each cue in training.
    layers : tuple of (weight, bias)
        (out, in) and (out,); the last gives one number.
    """

    mean: npt.NDArray[np.float32]
    deviation: npt.NDArray[np.float32]
    layers: tuple[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], ...]

    @classmethod
    def of(cls, tensors: Mapping[str, npt.NDArray[np.float32]], name: str) -> Perceptron:
        """Take the perceptron of that name out of a file's tensors."""
        layers: list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = []
        while f"{name}.{len(layers)}.weight" in tensors:
            key = f"{name}.{len(layers)}"
            layers.append((tensors[f"{key}.weight"], tensors[f"{key}.bias"]))
        return cls(tensors[f"{name}.mean"], tensors[f"{name}.deviation"], tuple(layers))

    def __call__(self, cues: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return a probability (N,) for each row of cues (N, D)."""
        values = (cues - self.mean) / self.deviation
        for weight, bias in self.layers[:-1]:
            values = np.maximum(values @ weight.T + bias, 0)
        weight, bias = self.layers[-1]
        logits = (values @ weight.T + bias)[:, 0]
        return (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Judge:
    """A first guess from the prompts, and a second from the prompts and the first guess around.

    Attributes
    ----------
    first, second : Perceptron
        On the cues of the prompts, and on these and those of the context.
    """

    first: Perceptron
    second: Perceptron

    def __call__(self, image: Superpixels, seeds: Seeds) -> npt.NDArray[np.float32]:
        """Return how much each superpixel belongs to the object, (N,), 0 to 1; certain at the seeds."""
        cues = prompt_cues(image, seeds)
        around = context_cues(image, self.first(cues), seeds)
        return seeds.imposed_on(self.second(np.concatenate([cues, around], axis=1)))


@cache
def shipped_judge() -> Judge:
    """Return the networks of this package; trained by ``rsseg-train prompts``."""
    from safetensors.numpy import load_file

    tensors = load_file(starters_folder() / _WEIGHTS)
    return Judge(Perceptron.of(tensors, "first"), Perceptron.of(tensors, "second"))
