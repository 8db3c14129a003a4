"""Blocks of one raster, predicted in this process by the worker's own parts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.forward import ForwardPass
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.engine.loading import load_network
from napari_rsseg.engine.predictor import TilePredictor
from napari_rsseg.engine.tile_cache import TileCache
from napari_rsseg.engine.tiling import BlockGrid, TileGrid, overlap_px
from napari_rsseg.scenes import Window, band_indices, open_scene, read_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.results import BlockResult
    from napari_rsseg.registry import ModelFile
    from napari_rsseg.scenes import Scene

    MakePredictor = Callable[..., TilePredictor]
    Read = Callable[[Window], tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]

SIZE = (300, 420)
WHOLE = Window.of(*SIZE)
CACHE_BYTES = 64 << 20


@pytest.fixture(scope="module")
def thread() -> Iterator[ForwardThread]:
    with ForwardThread() as thread:
        yield thread


@pytest.fixture
def scene(scene_path: Path) -> Iterator[Scene]:
    scene = open_scene(scene_path)
    yield scene
    scene.close()


@pytest.fixture
def read(scene: Scene) -> Read:
    bands = band_indices(scene, ("red", "green", "blue"))
    return lambda window: read_values(scene, window, bands)


@pytest.fixture
def predictor_of(model: ModelFile, thread: ForwardThread) -> MakePredictor:
    def make(
        model: ModelFile = model,
        *,
        group_side: int = 1,
        cache_bytes: int = CACHE_BYTES,
        tta: bool = False,
        size: tuple[int, int] = SIZE,
    ) -> TilePredictor:
        network = load_network(model.card, model.weights_path)
        forward = ForwardPass(network, torch.device("cpu"), thread=thread, batch=group_side**2)
        tile = model.card.tile_px
        grid = TileGrid(*size, tile, overlap_px(tile), group_side)
        return TilePredictor(model.card, grid, forward, cache=TileCache(cache_bytes), name="scene", tta=tta)

    return make


def assert_same(one: BlockResult, other: BlockResult) -> None:
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.confidence, other.confidence)
    np.testing.assert_array_equal(one.margin, other.margin)


@pytest.mark.parametrize("group_side", [1, 2])
@pytest.mark.parametrize("cache_bytes", [0, CACHE_BYTES], ids=["no cache", "cache"])
def test_a_pixel_is_the_same_whatever_blocks_it_was_asked_in_and_in_which_order(
    predictor_of: MakePredictor, read: Read, group_side: int, cache_bytes: int
) -> None:
    whole = predictor_of(group_side=group_side).predict(WHOLE, read)
    assert 0.05 < (whole.labels == 1).mean() < 0.95
    predictor = predictor_of(group_side=group_side, cache_bytes=cache_bytes)
    blocks = BlockGrid(*SIZE, 110)
    for block in reversed(list(blocks.touching(WHOLE))):
        window = blocks.window(block)
        part = predictor.predict(window, read)
        np.testing.assert_array_equal(part.labels, whole.labels[window.slices])
        np.testing.assert_array_equal(part.confidence, whole.confidence[window.slices])
        np.testing.assert_array_equal(part.margin, whole.margin[window.slices])


def test_threads_that_share_tiles_give_the_same_as_one(predictor_of: MakePredictor, read: Read) -> None:
    whole = predictor_of().predict(WHOLE, read)
    predictor = predictor_of()
    blocks = BlockGrid(*SIZE, 100)
    windows = [blocks.window(block) for block in blocks.touching(WHOLE)]
    with ThreadPoolExecutor(4) as pool:
        for window, part in zip(
            windows, pool.map(lambda w: predictor.predict(w, read), windows), strict=True
        ):
            np.testing.assert_array_equal(part.labels, whole.labels[window.slices])


def test_tiles_are_blended_as_the_weighted_mean_of_a_plain_sliding_window(
    model: ModelFile, predictor_of: MakePredictor, read: Read
) -> None:
    network = load_network(model.card, model.weights_path).eval()
    tile, overlap = model.card.tile_px, overlap_px(model.card.tile_px)
    grid = TileGrid(*SIZE, tile, overlap)
    values, _ = read(WHOLE)
    images = torch.from_numpy((values - 0.4) / np.float32(0.2))
    ramp = np.minimum((np.arange(tile) + 0.5) / overlap, 1)
    total, weights = np.zeros((2, *SIZE)), np.zeros(SIZE)
    for index in grid.touching(WHOLE):
        rows, columns = grid.window(index).slices
        with torch.inference_mode():
            probabilities = network(images[None, :, rows, columns])[0].softmax(0).numpy()
        axis = [np.ones(tile), np.ones(tile)]
        for side, count in ((0, len(grid.row_starts)), (1, len(grid.column_starts))):
            if index[side] > 0:
                axis[side] = axis[side] * np.sin(ramp * np.pi / 2) ** 2
            if index[side] < count - 1:
                axis[side] = axis[side] * (np.sin(ramp * np.pi / 2) ** 2)[::-1]
        weight = np.outer(*axis)
        total[:, rows, columns] += weight * probabilities
        weights[rows, columns] += weight
    expected = total / weights
    result = predictor_of().predict(WHOLE, read, probabilities=True)
    assert result.probabilities is not None
    np.testing.assert_allclose(result.probabilities, expected, atol=1e-3)
    assert (result.labels == expected.argmax(0)).mean() > 0.999


def test_pixels_without_data_say_nothing_and_do_not_reach_their_neighbours(
    predictor_of: MakePredictor, read: Read
) -> None:
    def masked(window: Window, fill: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        values, valid = read(window)
        rows = np.arange(window.row_start, window.row_stop)
        valid = valid & ((rows < 130) | (rows > 150))[:, None]
        return np.where(valid, values, np.float32(fill)), valid

    zero = predictor_of().predict(WHOLE, lambda window: masked(window, 0), probabilities=True)
    odd = predictor_of().predict(WHOLE, lambda window: masked(window, 9e9), probabilities=True)
    assert (zero.labels[130:151] == 255).all()
    assert (zero.confidence[130:151] == 255).all()
    assert (zero.labels[:130] != 255).all()
    assert zero.probabilities is not None
    assert np.isnan(zero.probabilities[:, 130:151]).all()
    assert_same(zero, odd)


def test_a_scene_without_any_data_needs_no_pass(predictor_of: MakePredictor) -> None:
    result = predictor_of().predict(
        WHOLE, lambda window: (np.zeros((3, *window.shape), np.float32), np.zeros(window.shape, bool))
    )
    assert (result.labels == 255).all()


def test_confidence_and_margin_are_those_of_the_probabilities(
    predictor_of: MakePredictor, read: Read
) -> None:
    result = predictor_of().predict(WHOLE, read, probabilities=True)
    assert result.probabilities is not None
    ordered = np.sort(result.probabilities.astype(np.float32), axis=0)
    np.testing.assert_allclose(result.confidence / 250, ordered[-1], atol=0.004)
    np.testing.assert_allclose(result.margin / 250, ordered[-1] - ordered[-2], atol=0.004)


def test_a_cancelled_block_stops_and_leaves_the_tiles_to_others(
    predictor_of: MakePredictor, read: Read
) -> None:
    predictor = predictor_of()
    with pytest.raises(Cancelled):
        predictor.predict(WHOLE, read, is_cancelled=lambda: True)
    assert_same(predictor.predict(WHOLE, read), predictor_of().predict(WHOLE, read))


def test_a_block_is_not_harmed_when_one_that_shares_its_tiles_cannot_be_read(
    predictor_of: MakePredictor, read: Read
) -> None:
    def broken(window: Window) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        raise OSError("the file ended")

    predictor = predictor_of()
    with pytest.raises(OSError, match="the file ended"):
        predictor.predict(Window(0, 100, 0, 100), broken)
    part = predictor.predict(Window(0, 100, 50, 150), read)
    np.testing.assert_array_equal(part.labels, predictor_of().predict(WHOLE, read).labels[0:100, 50:150])


def test_a_constant_network_gives_a_constant_map(
    constant_model: ModelFile, predictor_of: MakePredictor, read: Read
) -> None:
    result = predictor_of(constant_model).predict(WHOLE, read, probabilities=True)
    assert (result.labels == 1).all()
    assert np.unique(result.confidence).tolist() == [220]  # round(250 / (1 + exp(-2)))
    assert np.unique(result.margin).size == 1


def test_orientations_are_averaged_so_that_a_turned_scene_gives_the_turned_map(
    predictor_of: MakePredictor, read: Read
) -> None:
    square = Window(0, 64, 0, 64)
    values, valid = read(square)
    plain = predictor_of(size=(64, 64), tta=True).predict(
        square, lambda _: (values, valid), probabilities=True
    )
    turned_values = np.rot90(values, axes=(1, 2)).copy()
    turned = predictor_of(size=(64, 64), tta=True).predict(
        square, lambda _: (turned_values, valid), probabilities=True
    )
    assert plain.probabilities is not None
    assert turned.probabilities is not None
    np.testing.assert_allclose(turned.probabilities, np.rot90(plain.probabilities, axes=(1, 2)), atol=2e-3)
    once = predictor_of(size=(64, 64)).predict(square, lambda _: (values, valid), probabilities=True)
    assert once.probabilities is not None
    assert np.abs(once.probabilities - plain.probabilities).max() > 0.01


def test_temperature_and_bias_are_those_of_the_card(
    model: ModelFile, predictor_of: MakePredictor, read: Read
) -> None:
    plain = predictor_of().predict(WHOLE, read, probabilities=True)
    flat = replace(model, card=model.card.model_copy(update={"temperature": 1e6}))
    level = predictor_of(flat).predict(WHOLE, read, probabilities=True)
    assert level.probabilities is not None
    np.testing.assert_allclose(level.probabilities, 0.5, atol=1e-3)
    biased = replace(model, card=model.card.model_copy(update={"logit_bias": (0.0, 50.0)}))
    assert (predictor_of(biased).predict(WHOLE, read).labels == 1).all()
    assert not (plain.labels == 1).all()


class _Seen(TorchDispatchMode):
    """Notes what PyTorch computes on the thread that enters it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it without types
        self.names: set[str] = set()

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.names.add(str(func))
        return func(*args, **(kwargs or {}))


def test_tensors_are_computed_on_one_thread_whichever_thread_asks(
    predictor_of: MakePredictor, read: Read
) -> None:
    predictor = predictor_of()
    with _Seen() as here:
        predictor.predict(WHOLE, read)
    assert here.names <= {"aten.lift_fresh.default"}  # an array is taken for a tensor
