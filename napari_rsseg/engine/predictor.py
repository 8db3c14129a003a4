"""From pixels of a scene to blocks of labels: tiles, one forward pass each, blended; worker side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.blending import axis_weights
from napari_rsseg.engine.results import SHARES, BlockResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import numpy.typing as npt
    from torch import Tensor

    from napari_rsseg.engine.forward import ForwardPass
    from napari_rsseg.engine.tile_cache import TileCache
    from napari_rsseg.engine.tiling import TileGrid
    from napari_rsseg.registry.card import Card
    from napari_rsseg.scenes.windows import Window

__all__ = ["TilePredictor"]

Group = tuple[int, int]


class TilePredictor:
    """Predicts blocks of one raster (a level of a scene) with one network.

    Parameters
    ----------
    card : Card
        Of the model.
    grid : TileGrid
        Tiles of the raster.
    forward : ForwardPass
        The network on its device.
    cache : TileCache
        Shared by all predictors of the worker.
    name : str
        What tells this raster, model and options apart from others in the cache.
    tta : bool
        Average over the eight flips and quarter turns.
    """

    def __init__(
        self,
        card: Card,
        grid: TileGrid,
        forward: ForwardPass,
        *,
        cache: TileCache,
        name: str,
        tta: bool = False,
    ) -> None:
        self._card = card
        self._grid = grid
        self._forward = forward
        self._cache = cache
        self._name = name
        self._tta = tta
        self._rows = axis_weights(grid.row_starts, grid.tile_px, grid.overlap_px)
        self._columns = axis_weights(grid.column_starts, grid.tile_px, grid.overlap_px)
        values = card.input_values
        self._mean = np.asarray(values.mean, dtype=np.float32)[:, None, None]
        self._std = np.asarray(values.std, dtype=np.float32)[:, None, None]

    def predict(
        self,
        core: Window,
        read: Callable[[Window], tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]],
        *,
        rank: int = 0,
        probabilities: bool = False,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> BlockResult:
        """Predict the pixels of a window.

        Parameters
        ----------
        core : Window
            Inside the raster.
        read : callable
            Gives values (C, H, W) and validity (H, W) of a window of the raster.
        rank : int
            Blocks of a lower rank are finished first.
        probabilities : bool
            Also return the probability of every class.
        is_cancelled : callable
            Asked between forward passes.

        Raises
        ------
        Cancelled
            When ``is_cancelled`` said so.
        SceneError
            When the scene cannot be read there.
        """
        groups = self._grid.groups_for(core)
        futures = {group: self._cache.claim((self._name, group)) for group in groups}
        mine = [group for group in groups if futures[group][1]]
        try:
            extent = self._grid.extent(mine) if mine else core
            values, valid = read(extent)
            for group in mine:
                if is_cancelled():
                    raise Cancelled
                futures[group][0].set_result(self._run(self._batch(group, values, valid, extent), rank))
        except BaseException:
            for group in mine:
                if not futures[group][0].done():
                    self._cache.forget((self._name, group))
                    futures[group][0].set_exception(Cancelled())
            raise
        if not extent.contains(core):
            _, valid = read(core)
            extent = core
        inside = valid[core.within(extent).slices]
        made = {group: self._await(group, futures[group][0], read, rank) for group in groups}
        self._cache.trim()
        finish = self._forward.thread.submit(rank, self._finish, core, made, inside, keep=probabilities)
        return finish.result()

    def _await(
        self,
        group: Group,
        future: Future[Tensor | None],
        read: Callable[[Window], tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]],
        rank: int,
    ) -> Tensor | None:
        try:
            return future.result()
        except Cancelled:  # the block that had claimed it failed; this one need not
            extent = self._grid.extent([group])
            return self._run(self._batch(group, *read(extent), extent), rank)

    def _batch(
        self, group: Group, values: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_], extent: Window
    ) -> npt.NDArray[np.float32] | None:
        """Return the normalised tiles of a group, always of one shape; None where nothing is valid."""
        side, tile = self._grid.group_side, self._grid.tile_px
        batch = np.zeros((side * side, len(self._card.bands), tile, tile), dtype=np.float32)
        is_empty = True
        for place, index in enumerate(self._grid.members(group)):
            window = self._grid.window(index)
            there = window.intersection(extent)
            part_valid = valid[there.within(extent).slices]
            if not part_valid.any():
                continue
            is_empty = False
            part = values[(slice(None), *there.within(extent).slices)]
            batch[(place, slice(None), *there.within(window).slices)] = self._normalised(part, part_valid)
        return None if is_empty else batch

    def _normalised(
        self, values: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        if self._card.input_values.expects == "tile-minmax":
            low, high = values[:, valid].min(), values[:, valid].max()
            values = (values - low) / max(high - low, np.finfo(np.float32).tiny)
        return np.where(valid, (values - self._mean) / self._std, np.float32(0))

    def _run(self, batch: npt.NDArray[np.float32] | None, rank: int) -> Tensor | None:
        if batch is None:
            return None
        return self._forward.thread.submit(rank, self._probabilities, torch.from_numpy(batch)).result()

    def _probabilities(self, images: Tensor) -> Tensor:
        """Return calibrated probabilities (B, K, T, T) of images (B, C, T, T)."""
        if not self._tta:
            return self._calibrated(images)
        total = torch.zeros(())
        for turns in range(4):
            for mirrored in (False, True):
                turned = torch.rot90(images.flip(-1) if mirrored else images, turns, (-2, -1))
                back = torch.rot90(self._calibrated(turned), -turns, (-2, -1))
                total = total.to(back.device) + (back.flip(-1) if mirrored else back)
        return total / 8

    def _calibrated(self, images: Tensor) -> Tensor:
        logits = self._forward(images) / self._card.temperature
        if self._card.logit_bias:
            bias = torch.tensor(self._card.logit_bias, device=logits.device)
            logits = logits + bias[:, None, None]
        return logits.softmax(dim=1)

    @torch.inference_mode()
    def _blend(self, core: Window, groups: dict[Group, Tensor | None]) -> Tensor:
        """Return the weighted mean (K, H, W) of all tiles over a window, in a fixed order."""
        assert self._card.scheme is not None  # checked in the request
        device = self._forward.device
        blended = torch.zeros((len(self._card.scheme.classes), *core.shape), device=device)
        for tile in self._grid.touching(core):
            group = self._grid.group_of(tile)
            made = groups[group]
            if made is None:
                continue
            window = self._grid.window(tile)
            common = window.intersection(core)
            rows, columns = common.within(window).slices
            row_weight = torch.from_numpy(self._rows[tile[0]][rows]).to(device)
            column_weight = torch.from_numpy(self._columns[tile[1]][columns]).to(device)
            tile_made = made[self._grid.members(group).index(tile)].to(device)
            weighted = tile_made[:, rows, columns] * row_weight[:, None]
            blended[(slice(None), *common.within(core).slices)] += weighted * column_weight
        return blended

    @torch.inference_mode()
    def _finish(
        self,
        core: Window,
        groups: dict[Group, Tensor | None],
        valid: npt.NDArray[np.bool_],
        *,
        keep: bool,
    ) -> BlockResult:
        blended = self._blend(core, groups)
        best, labels = blended.max(dim=0)
        if blended.shape[0] > 1:
            two = blended.topk(2, dim=0).values
            margin = two[0] - two[1]
        else:
            margin = best
        invalid = torch.from_numpy(~valid).to(blended.device)

        def stored(share: Tensor) -> npt.NDArray[np.uint8]:
            numbers = (share.clamp(0, 1) * SHARES).round().to(torch.uint8)
            return numbers.masked_fill(invalid, IGNORED).cpu().numpy()

        kept = None
        if keep:
            kept = blended.half().masked_fill(invalid, float("nan")).cpu().numpy()
        return BlockResult(
            labels=labels.to(torch.uint8).masked_fill(invalid, IGNORED).cpu().numpy(),
            confidence=stored(best),
            margin=stored(margin),
            probabilities=kept,
        )
