"""Training of the two small networks behind the classical segmenter, by simulated users."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from napari_rsseg.engine.prompting.classical.cues import Seeds, context_cues, prompt_cues
from napari_rsseg.engine.prompting.classical.image import DESCRIPTORS, Superpixels, describe
from napari_rsseg.engine.prompting.classical.judge import Judge, Perceptron
from napari_rsseg.scenes.replacing import replacing
from rsseg_training.evaluation.clicks import Click, next_click, objects_of
from rsseg_training.run.prompting import rgb_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from rsseg_training.sampling.chip import Chip

__all__ = ["Example", "examples_of", "train_judge"]

_HIDDEN = 64
_STEPS = 2500
_BATCH = 4096
_ROUNDS = 3
_SAMPLES = 160  # superpixels of the whole image, and as many around the object, for each prompt
_SEQUENCES = 22  # simulated users per data set and round
_BLIND = 0.15  # share of them without a starter's features
_BOXES = 0.3  # share of them that begin with a box
_MOST_CLICKS = 8
_OBJECTS = 3  # of an image
_JITTER = 0.04  # of a box's corners, in its sides


@dataclass(frozen=True, eq=False)
class Example:
    """An object of an image.

    Attributes
    ----------
    dataset : str
        Where it is from.
    image : Superpixels
        Its image.
    truth : ndarray, (h, w), bool
        The object.
    shares : ndarray, (N,), float32
        How full each superpixel is of it.
    """

    dataset: str
    image: Superpixels
    truth: npt.NDArray[np.bool_]
    shares: npt.NDArray[np.float32]


@dataclass
class _Rows:
    """Cues of superpixels and how much they belong to the object."""

    cues: list[npt.NDArray[np.float32]] = field(default_factory=list)
    shares: list[npt.NDArray[np.float32]] = field(default_factory=list)


def examples_of(
    chips: Iterable[tuple[Chip, tuple[int, ...]]],
    levels_of: Callable[[str, npt.NDArray[np.uint8]], Sequence[npt.NDArray[np.float32]]],
) -> list[Example]:
    """Return the largest objects of each chip.

    Parameters
    ----------
    chips : iterable of (Chip, tuple of int)
        Labelled images, and the ids that make an object.
    levels_of : callable
        A starter's features, given the name of a set and an image.
    """
    found = []
    for chip, classes in chips:
        rgb = rgb_of(chip)
        objects = objects_of(np.isin(chip.labels, classes), _OBJECTS)
        if not objects:
            continue
        image = Superpixels(describe(rgb, levels_of(chip.dataset, rgb)))
        found += [
            Example(chip.dataset, image, each, image.shares_of(each.astype(np.float32))) for each in objects
        ]
    return found


def train_judge(
    examples: Sequence[Example], path: Path, *, seed: int = 0, tell: Callable[[str], None]
) -> Judge:
    """Train both networks in rounds: the second round's users correct what the first round's networks made.

    Parameters
    ----------
    examples : sequence of Example
        Objects.
    path : Path
        Weight file to write.
    seed : int
        Of users and weights.
    tell : callable
        Receives a sentence per round.
    """
    from safetensors.numpy import save_file

    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.dataset] = sizes.get(example.dataset, 0) + 1
    judge: Judge | None = None
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for turn in range(_ROUNDS):
        first, second = _Rows(), _Rows()
        for example in examples:
            for _ in range(random.poisson(_SEQUENCES / sizes[example.dataset])):
                _watch(example, judge, random, first, second)
        tensors = _fitted("first", first)
        guess = Perceptron.of(tensors, "first")
        if judge is None:  # there was no first guess for the second network to see
            judge = Judge(guess, _Hopeful(guess))  # type: ignore[arg-type]  # called like one
            continue
        tensors |= _fitted("second", second)
        judge = Judge(guess, Perceptron.of(tensors, "second"))
        tell(f"round {turn + 1} of {_ROUNDS}: {len(first.cues)} prompts")
    assert judge is not None  # there is at least one round
    with replacing(path, overwrite=True) as draft:
        save_file(tensors, draft)
    return judge


class _Hopeful:
    """A second network before there is one: the first guess stands."""

    def __init__(self, first: Perceptron) -> None:
        self._first = first

    def __call__(self, cues: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return self._first(cues[:, : self._first.mean.size])


def _watch(
    example: Example, judge: Judge | None, random: np.random.Generator, first: _Rows, second: _Rows
) -> None:
    """Let one simulated user work on an object, and keep what the networks see and should say."""
    image = _blind(example.image) if random.random() < _BLIND else example.image
    near = _around(example, random)
    nothing = np.zeros(0, np.intp)
    seeds = Seeds(nothing, nothing)
    shown = np.zeros(example.truth.shape, bool)
    clicks: list[Click] = []
    steps = int(random.integers(1, _MOST_CLICKS + 1))
    if random.random() < _BOXES:
        seeds = replace(seeds, box=_box(example.truth, random), prompts=0)
        steps += 1
    for step in range(steps):
        if step or seeds.box is None:
            click = _jittered(next_click(shown, example.truth, clicks), shown, example.truth, random)
            clicks.append(click)
            seeds = _with_clicks(image, clicks, seeds)
        cues = prompt_cues(image, seeds)
        some = np.r_[random.choice(image.count, min(_SAMPLES, image.count), replace=False), near]
        first.cues.append(cues[some])
        first.shares.append(example.shares[some])
        guess = _guessed(judge, cues, seeds)
        if judge is None:
            shares = guess
        else:
            both = np.concatenate([cues, context_cues(image, guess, seeds)], axis=1)
            second.cues.append(both[some])
            second.shares.append(example.shares[some])
            shares = judge.second(both)
        shares = seeds.imposed_on(shares)
        seeds = replace(seeds, earlier=shares)
        shown = image.spread(shares) > 0.5


def _guessed(judge: Judge | None, cues: npt.NDArray[np.float32], seeds: Seeds) -> npt.NDArray[np.float32]:
    """Return the first guess; before there is a network, what is near along the image."""
    if judge is not None:
        return judge.first(cues)
    lead, reach = cues[:, 23], cues[:, 21]  # of the mild paths
    logits = -6 * lead if seeds.outside.size else -3 * (reach + 2)
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _with_clicks(image: Superpixels, clicks: Sequence[Click], seeds: Seeds) -> Seeds:
    said = {int(image.labels[click.row, click.column]): click.is_positive for click in clicks}
    return replace(
        seeds,
        inside=np.array([key for key, positive in said.items() if positive], np.intp),
        outside=np.array([key for key, positive in said.items() if not positive], np.intp),
        prompts=len(clicks),
    )


def _jittered(
    click: Click,
    shown: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    random: np.random.Generator,
) -> Click:
    """Return every other click somewhere in the inner part of its error."""
    import cv2

    if random.random() < 0.5:
        return click
    error = (truth & ~shown) if click.is_positive else (shown & ~truth)
    depth = cv2.distanceTransform(np.pad(error, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    places = np.flatnonzero(depth >= 0.5 * depth.max())
    row, column = np.unravel_index(int(random.choice(places)), truth.shape)
    return replace(click, row=int(row), column=int(column))


def _box(truth: npt.NDArray[np.bool_], random: np.random.Generator) -> tuple[float, float, float, float]:
    rows, columns = np.nonzero(truth)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    moved = random.normal(0, _JITTER, 4) * (height, width, height, width)
    corners = np.array([rows.min(), columns.min(), rows.max(), columns.max()]) + moved
    top, left, bottom, right = corners.tolist()
    return top, left, bottom, right


def _around(example: Example, random: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return some superpixels in and around the object: there the errors are."""
    rows, columns = np.nonzero(example.truth)
    low = np.array([rows.min(), columns.min()])
    high = np.array([rows.max(), columns.max()])
    margin = 0.4 * np.maximum(high - low, 8)
    positions = example.image.arrays["positions"]
    near = np.flatnonzero(((positions > low - margin) & (positions < high + margin)).all(axis=1))
    return np.asarray(random.choice(near, min(len(near), _SAMPLES), replace=False), np.intp)


def _blind(image: Superpixels) -> Superpixels:
    """Return an image as it is without a starter."""
    return Superpixels({name: array for name, array in image.arrays.items() if name not in DESCRIPTORS[2:]})


def _fitted(name: str, rows: _Rows) -> dict[str, npt.NDArray[np.float32]]:
    """Train one network and return its tensors."""
    cues = torch.from_numpy(np.concatenate(rows.cues))
    shares = torch.from_numpy(np.concatenate(rows.shares))[:, None]
    mean, deviation = cues.mean(0), cues.std(0) + 1e-2
    network = nn.Sequential(
        nn.Linear(cues.shape[1], _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU(),
        nn.Linear(_HIDDEN, 1),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=3e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _STEPS)
    for _ in range(_STEPS):
        batch = torch.randint(len(cues), (_BATCH,))
        values = (cues[batch] - mean) / deviation
        values = values + 0.05 * torch.randn_like(values)
        loss = functional.binary_cross_entropy_with_logits(network(values), shares[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    layers: list[Any] = [layer for layer in network if isinstance(layer, nn.Linear)]
    tensors = {f"{name}.mean": mean.numpy(), f"{name}.deviation": deviation.numpy()}
    for index, layer in enumerate(layers):
        tensors[f"{name}.{index}.weight"] = layer.weight.detach().numpy().copy()
        tensors[f"{name}.{index}.bias"] = layer.bias.detach().numpy().copy()
    return tensors
