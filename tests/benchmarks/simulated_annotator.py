"""An annotator who knows the truth and corrects labels by the action that gains most for its effort.

Effort is counted in actions of the hand: a click, a key, a corner of a polygon, a changed setting, and a drag
for every quarter of the image's side that the pointer travels with its button down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.graph import route_through_array
from skimage.measure import approximate_polygon, find_contours

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Operation, tools
from napari_rsseg.editing.tools import ObjectFilter, OnlyOver, clipped
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from napari_rsseg.editing.tools import Seen, Superpixels
    from tests.array_ground import ArrayGround

    Mask = npt.NDArray[np.bool_]
    Path = npt.NDArray[np.float64]

__all__ = ["GOOD_ENOUGH", "MOST_ACTIONS", "Annotator", "Effort"]

GOOD_ENOUGH, MOST_ACTIONS = 0.90, 400
_LARGEST = 3  # errors that are looked at
_HAND_PX = 1.5  # how far off a line drawn by hand is


@dataclass
class Effort:
    """What was done: actions, the steps that they made, and the IoU before and after."""

    before: float
    score: float
    actions: int = 0
    steps: int = 0
    by_tool: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Try:
    """Something that may be done: with what, and how many gestures it takes."""

    tool: str
    make: Callable[[], Operation | None]
    gestures: int
    class_id: int | None = None
    setting: tuple[str, object] | None = None


class Annotator:
    """Corrects one image.

    Parameters
    ----------
    ground : ArrayGround
        Prediction to begin with.
    truth : ndarray, (height, width), uint8
        What it shall be; 255 counts for nothing.
    seen : Seen
        The picture.
    background : int or None
        Class of what is nothing else.
    has_tools : bool
        All tools, or brush and polygon alone.
    thrift : float
        How much effort counts against what is gained: 1 takes the best gain per action, less of it larger
        strides.
    """

    def __init__(
        self,
        ground: ArrayGround,
        truth: npt.NDArray[np.uint8],
        seen: Seen,
        *,
        background: int | None,
        has_tools: bool,
        thrift: float,
    ) -> None:
        self.ground, self.truth, self.seen = ground, truth, seen
        self.background, self.has_tools = background, has_tools
        self.window = Window.of(*truth.shape)
        self._thrift = thrift
        self._counts = truth != IGNORED
        self._hand_px = float(max(truth.shape)) / 4
        self._in_hand: dict[str, object] = {"superpixels": ("slic", 14), "border": 2.0, "smoothing": 2.0}
        self._in_hand |= {"tolerance": 0.08, "specks": 5}
        self._tool, self._class = "", -1
        self._divisions: dict[tuple[str, int], Superpixels] = {}
        if has_tools:
            for size in (6, 14):
                self._divisions["slic", size] = tools.divide(seen, "slic", size)
                self._divisions["felzenszwalb", size] = tools.divide(seen, "felzenszwalb", size)

    def score(self, ids: npt.NDArray[np.uint8]) -> float:
        """Return the mean IoU of the classes in the truth; of two classes that of the second."""
        present = [number for number in np.unique(self.truth[self._counts]) if number != self.background]
        found = []
        for number in present:
            said, true = (ids == number) & self._counts, self.truth == number
            found.append((said & true).sum() / max(1, (said | true).sum()))
        return float(np.mean(found))

    def correct(self) -> Effort:
        """Correct until the labels are good enough, nothing helps any more, or too much was done."""
        begun = self.score(self.ground.ids)
        effort = Effort(begun, begun)
        while effort.score < GOOD_ENOUGH and effort.actions < MOST_ACTIONS:
            best = max(self._worths(effort.score), key=lambda worth: worth[0], default=None)
            if best is None or best[0] <= 0:
                break
            _, chosen, ids, cost = best
            self.ground.ids = ids
            self._tool, self._class = chosen.tool, self._class if chosen.class_id is None else chosen.class_id
            if chosen.setting is not None:
                self._in_hand[chosen.setting[0]] = chosen.setting[1]
            effort.actions += cost
            effort.steps += 1
            effort.score = self.score(ids)
            effort.by_tool[chosen.tool] = effort.by_tool.get(chosen.tool, 0) + 1
        return effort

    def _worths(self, score: float) -> Iterator[tuple[float, Try, npt.NDArray[np.uint8], int]]:
        for each in self._tries():
            made = each.make()
            cut = None if made is None else clipped(made, self.ground, OnlyOver())
            if cut is not None:
                ids = self.ground.after(cut)
                cost = self._cost(each)
                yield (self.score(ids) - score) / cost**self._thrift, each, ids, cost

    def _cost(self, each: Try) -> int:
        cost = each.gestures + int(each.tool != self._tool)
        cost += int(each.class_id is not None and each.class_id != self._class)
        if each.setting is not None:
            cost += int(self._in_hand.get(each.setting[0]) != each.setting[1])
        return cost

    def _drags(self, path: Path) -> int:
        length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        return max(1, math.ceil(length / self._hand_px))

    # what may be done

    def _tries(self) -> Iterator[Try]:
        errors = self._errors()
        for class_id, error in errors:
            yield from self._polygons(class_id, error)
            yield from self._brushes(class_id, error)
            if self.has_tools:
                yield from self._pointed(class_id, error)
                yield from self._collected(class_id, error)
                yield from self._lassoed(class_id, error)
        if self.has_tools and errors:
            yield from self._everywhere()

    def _errors(self) -> list[tuple[int, Mask]]:
        """Return the largest connected errors, each with the class that it should be."""
        wrong = (self.ground.ids != self.truth) & self._counts
        found = []
        for class_id in np.unique(self.truth[wrong]):
            numbers, _ = ndimage.label(wrong & (self.truth == class_id))
            sizes = np.bincount(numbers.ravel())
            sizes[0] = 0
            largest = [number for number in np.argsort(-sizes)[:_LARGEST] if sizes[number]]
            found += [(int(sizes[number]), int(class_id), numbers == number) for number in largest]
        found.sort(key=lambda each: -each[0])
        return [(class_id, mask) for _, class_id, mask in found[:_LARGEST]]

    def _outlines(self, class_id: int, error: Mask) -> Iterator[Path]:
        """Return outlines of an error, and of the whole object that it belongs to."""
        numbers, _ = ndimage.label(self.truth == class_id)
        whole = np.isin(numbers, np.setdiff1d(numbers[error], [0]))
        for mask in (error, whole):
            contours = find_contours(np.pad(mask, 1).astype(float), 0.5)
            if contours:
                yield max(contours, key=len) - 1

    def _polygons(self, class_id: int, error: Mask) -> Iterator[Try]:
        for outline in self._outlines(class_id, error):
            for tolerance in (1.0, 2.0, 4.0, 8.0):
                corners = approximate_polygon(outline, tolerance)[:-1]
                if len(corners) >= 3:
                    yield Try(
                        "polygon",
                        lambda corners=corners: tools.polygon(corners, class_id, self.window),  # type: ignore[misc]
                        len(corners),
                        class_id,
                    )

    def _brushes(self, class_id: int, error: Mask) -> Iterator[Try]:
        room = ndimage.distance_transform_edt(np.pad((self.truth == class_id) | ~self._counts, 1))[1:-1, 1:-1]
        for radius in (1, 3, 6, 12):
            near = ndimage.distance_transform_edt(~error) <= radius
            free = near & (room >= radius)
            path = _long_path(free, error)
            if path is not None:
                yield Try(
                    "brush",
                    lambda path=path, radius=radius: self._stroke(path, radius, class_id),  # type: ignore[misc]
                    self._drags(path),
                    class_id,
                    ("brush", radius),
                )

    def _stroke(self, path: Path, radius: int, class_id: int) -> Operation:
        line = np.ones(self.truth.shape, bool)
        line[tuple(np.rint(path).astype(int).T)] = False
        near = ndimage.distance_transform_edt(line) <= radius
        return Operation("brush", self.window, near, class_id)

    def _pointed(self, class_id: int, error: Mask) -> Iterator[Try]:
        for place in _places(error):
            for name, make in (("reassign", tools.reassign), ("fill", tools.fill)):
                yield Try(
                    name,
                    lambda make=make, place=place: make(self.ground, place, class_id),  # type: ignore[misc]
                    1,
                    class_id,
                )
            for tolerance in (0.04, 0.08, 0.15):
                yield Try(
                    "smart fill",
                    lambda place=place, tolerance=tolerance: tools.smart_fill(  # type: ignore[misc]
                        self.ground, self.seen, place, class_id, tolerance=tolerance
                    ),
                    1,
                    class_id,
                    ("tolerance", tolerance),
                )
        beside = ndimage.binary_dilation(error) & ~error & (self.ground.ids == class_id)
        for place in _places(beside)[:1]:
            yield Try("fill holes", lambda place=place: tools.fill_holes(self.ground, place), 1)  # type: ignore[misc]
            for border in (1.0, 2.0, 4.0):
                yield Try(
                    "grow",
                    lambda place=place, border=border: tools.grow(self.ground, place, border),  # type: ignore[misc]
                    1,
                    None,
                    ("border", border),
                )
        for place in _places(error)[:1]:
            for border in (1.0, 2.0, 4.0):
                yield Try(
                    "shrink",
                    lambda place=place, border=border: tools.shrink(self.ground, place, border),  # type: ignore[misc]
                    1,
                    None,
                    ("border", border),
                )

    def _collected(self, class_id: int, error: Mask) -> Iterator[Try]:
        for key, division in self._divisions.items():
            for path in _good_paths(division.numbers, self._gain(class_id), error):
                yield Try(
                    "superpixels",
                    lambda path=path, division=division: tools.collected(division, path, class_id),  # type: ignore[misc]
                    self._drags(path),
                    class_id,
                    ("superpixels", key),
                )

    def _gain(self, class_id: int) -> npt.NDArray[np.int64]:
        """Return for each pixel what the class would better (1) or worsen (-1)."""
        ids, gain = self.ground.ids, np.zeros(self.truth.shape, np.int64)
        gain[(ids != self.truth) & (self.truth == class_id)] = 1
        gain[(ids == self.truth) & (self.truth != class_id) & self._counts] = -1
        return gain

    def _lassoed(self, class_id: int, error: Mask) -> Iterator[Try]:
        for outline in self._outlines(class_id, error):
            drawn = ndimage.gaussian_filter1d(outline, _HAND_PX, axis=0, mode="wrap")
            yield Try(
                "lasso",
                lambda drawn=drawn: tools.polygon(drawn, class_id, self.window),  # type: ignore[misc]
                self._drags(drawn),
                class_id,
            )
        wide = ndimage.binary_dilation(error, iterations=6)
        contours = find_contours(np.pad(wide, 1).astype(float), 0.5)
        around = max(contours, key=len) - 1
        meant = frozenset(int(number) for number in np.unique(self.ground.ids[error])) - {IGNORED}
        for most in (None, 50, 400):
            wanted = ObjectFilter(meant, 0, most)
            yield Try(
                "replace",
                lambda wanted=wanted: tools.replace_objects(self.ground, around, wanted, class_id),  # type: ignore[misc]
                self._drags(around),
                class_id,
                ("filter", (meant, most)),
            )

    def _everywhere(self) -> Iterator[Try]:
        for least in (5, 20, 80, 300):
            yield Try(
                "specks",
                lambda least=least: tools.drop_specks(self.ground, self.window, least),  # type: ignore[misc]
                1,  # Enter; the key is that of the tool
                None,
                ("specks", least),
            )
        for radius in (1.0, 2.0, 4.0):
            yield Try(
                "smooth",
                lambda radius=radius: tools.smooth(self.ground, self.window, radius),  # type: ignore[misc]
                1,
                None,
                ("smoothing", radius),
            )


def _places(mask: Mask) -> list[tuple[int, int]]:
    """Return the deepest pixel of a mask and a few others, the same ones each time."""
    if not mask.any():
        return []
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    deepest = np.unravel_index(int(depth.argmax()), mask.shape)
    others = np.argwhere(mask)[:: max(1, int(mask.sum()) // 3)][:3]
    return [(int(row), int(column)) for row, column in (deepest, *others)]


def _long_path(free: Mask, error: Mask) -> Path | None:
    """Return a long way through a region: between its ends, as far as these are found in two steps."""
    start = error & free if (error & free).any() else free
    if not start.any():
        return None
    numbers, _ = ndimage.label(free, structure=np.ones((3, 3)))
    first = np.argwhere(start)[0]
    inside = np.argwhere(numbers == numbers[tuple(first)])
    one = inside[np.linalg.norm(inside - first, axis=1).argmax()]
    other = inside[np.linalg.norm(inside - one, axis=1).argmax()]
    costs = np.where(free, 1.0, -1.0)  # negative: closed
    path, _ = route_through_array(costs, tuple(one), tuple(other), fully_connected=True)
    return np.asarray(path, dtype=float)


def _good_paths(numbers: npt.NDArray[np.integer], gain: npt.NDArray[np.int64], error: Mask) -> Iterator[Path]:
    """Return ways through the middles of regions that gain, from the best one of an error on."""
    gains = np.bincount(numbers.ravel(), weights=gain.ravel())
    here = np.unique(numbers[error])
    good = here[gains[here] > 0]
    if not good.size:
        return
    good = good[np.argsort(-gains[good])][:12]
    middles = {int(number): _middle(numbers == number) for number in good}
    at = int(good[0])
    path = [middles.pop(at)]
    yield np.array(path)
    while middles:
        at = min(middles, key=lambda number: float(np.linalg.norm(middles[number] - path[-1])))
        path.append(middles.pop(at))
        if len(path) in (2, 3, 5, 8, 12):
            yield np.array(path)
    yield np.array(path)


def _middle(region: Mask) -> npt.NDArray[np.float64]:
    """Return the pixel of a region that is nearest to its centre."""
    pixels = np.argwhere(region)
    return np.asarray(pixels[np.linalg.norm(pixels - pixels.mean(axis=0), axis=1).argmin()], dtype=float)
