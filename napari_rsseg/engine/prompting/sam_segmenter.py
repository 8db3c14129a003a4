"""Prompts answered by a network of the SAM family; worker side."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
import torch
from torch.nn import functional

from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.device import is_out_of_memory, precision_of
from napari_rsseg.engine.packing import PackedArray
from napari_rsseg.engine.prompting.sam_prompts import sam_prompts
from napari_rsseg.engine.prompting.view_image import candidate_of
from napari_rsseg.errors import EngineError
from napari_rsseg.models.layers.sam_parts import calculate_stability_score
from napari_rsseg.models.sam import Frame, SamPrompts, normalised_square, resized

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy.typing as npt
    from torch import Tensor

    from napari_rsseg.engine.forward_thread import ForwardThread
    from napari_rsseg.engine.prompting.prepared_views import Prepared
    from napari_rsseg.engine.prompting.prompts import Candidate, Prompts
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.models.sam import Sam

__all__ = ["SamSegmenter"]

_CLICK, _EMBED, _SEARCH = -4, -3, -2  # ranks on the forward thread: all before blocks, clicks first
_CANDIDATES = 3
_GRID = 16  # points per side, for everything in view
_BATCH = 16
_LEAST_QUALITY = 0.88  # of SAM's own automatic generator, as are both numbers below
_LEAST_STABILITY = 0.95
_STABILITY_OFFSET = 1.0


class SamSegmenter:
    """A SAM network on a device.

    Parameters
    ----------
    network : Sam
        With its weights; moved and switched to evaluation here.
    device : torch.device
        Where to run.
    thread : ForwardThread
        Computes all tensors of the worker.
    """

    search_overlap = 0.7
    """Regions of one search that overlap more than this IoU show the same thing."""

    def __init__(self, network: Sam, device: torch.device, thread: ForwardThread) -> None:
        self._network = network.eval().requires_grad_(False).to(device)
        self._device = device
        self._thread = thread

    def prepare(self, image: npt.NDArray[np.uint8], is_called_off: Callable[[], bool]) -> Prepared:
        """Embed an image (h, w, 3), block after block, so that clicks elsewhere need not wait.

        Raises
        ------
        Cancelled
            When it is called off between two blocks.
        EngineError
            When memory does not suffice.
        """
        side = self._network.side_px
        if max(image.shape[:2]) > side:
            image = resized(image, Frame.filling(image.shape[:2], side).inner)
        square = normalised_square(image, side)
        value: Any = self._run(_EMBED, lambda: square.to(self._device))
        for step in self._network.image_encoder.steps():
            if is_called_off():
                raise Cancelled
            value = self._run(_EMBED, self._encoded, step, value)
        embedding = self._run(_EMBED, lambda: value.float().cpu().numpy())
        return {"embedding": embedding}

    def segment(self, prepared: Prepared, view: PromptView, prompts: Prompts) -> list[Candidate]:
        """Return up to three candidates, the most probable first."""
        frame = self._frame(view)
        given, is_one_click = sam_prompts(view, frame, prompts)
        low_res, square, quality = self._run(_CLICK, self._decoded, prepared, given)
        order = _order(quality[0], is_one_click=is_one_click)
        found = [
            candidate_of(
                view,
                square[0, index, : frame.inner[0], : frame.inner[1]],
                float(quality[0, index]),
                logits=PackedArray.of(low_res[0, index]),
            )
            for index in order[:_CANDIDATES]
        ]
        return [candidate for candidate in found if candidate is not None]

    def propose(
        self, prepared: Prepared, view: PromptView, is_called_off: Callable[[], bool]
    ) -> list[Candidate]:
        """Click on a grid of points and return all masks that are good and stable.

        Raises
        ------
        Cancelled
            When it is called off between two batches of points.
        """
        frame = self._frame(view)
        places = (np.arange(_GRID) + 0.5) / _GRID
        grid = np.stack(np.meshgrid(places * frame.inner[1], places * frame.inner[0]), axis=-1).reshape(-1, 2)
        found: list[Candidate | None] = []
        for start in range(0, len(grid), _BATCH):
            if is_called_off():
                raise Cancelled
            points = torch.from_numpy(grid[start : start + _BATCH, None]).float()  # (B, 1, 2)
            given = SamPrompts(points, torch.ones(points.shape[:2]))
            for low_res, quality in self._run(_SEARCH, self._good_ones, prepared, given):
                found.append(candidate_of(view, _inner(low_res, frame), quality))
        return [candidate for candidate in found if candidate is not None]

    def _frame(self, view: PromptView) -> Frame:
        return Frame(view.window.shape, view.image_shape, self._network.side_px)

    def _encoded(self, step: Callable[[Tensor], Tensor], value: Tensor) -> Tensor:
        with self._autocast():
            return step(value)

    def _decoded(
        self, prepared: Prepared, given: SamPrompts
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        low_res, quality = self._network.decode_all(self._embedding(prepared), self._placed(given))
        side = self._network.side_px
        square = functional.interpolate(low_res, (side, side), mode="bilinear", align_corners=False)
        return low_res.cpu().numpy(), square.cpu().numpy(), quality.cpu().numpy()

    def _good_ones(
        self, prepared: Prepared, given: SamPrompts
    ) -> list[tuple[npt.NDArray[np.float32], float]]:
        low_res, quality = self._network.decode(self._embedding(prepared), self._placed(given), several=True)
        stability = calculate_stability_score(low_res, 0.0, _STABILITY_OFFSET)
        good = (quality >= _LEAST_QUALITY) & (stability >= _LEAST_STABILITY)
        masks, scores = low_res[good].cpu().numpy(), quality[good].cpu().tolist()
        return list(zip(masks, scores, strict=True))

    def _embedding(self, prepared: Prepared) -> Tensor:
        return torch.from_numpy(prepared["embedding"]).to(self._device)

    def _placed(self, given: SamPrompts) -> SamPrompts:
        def there(value: Tensor | None) -> Tensor | None:
            return None if value is None else value.to(self._device)

        return SamPrompts(*map(there, (given.points, given.labels, given.boxes, given.masks)))

    def _autocast(self) -> AbstractContextManager[object]:
        precision = precision_of(self._device)
        if precision == torch.float32:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=precision)

    def _run(self, rank: int, function: Callable[..., Any], *arguments: object) -> Any:
        """Compute on the forward thread and wait."""
        return self._thread.submit(rank, _without_gradients, function, *arguments).result()


def _without_gradients(function: Callable[..., Any], *arguments: object) -> Any:
    try:
        with torch.inference_mode():
            return function(*arguments)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise EngineError(
            "SAM does not fit into the memory of the device.",
            "Close other programs, choose the CPU, or use a smaller encoder such as mobile-sam.",
        ) from None


def _order(quality: npt.NDArray[np.float32], *, is_one_click: bool) -> list[int]:
    """Return which of the four masks to show: for one click by quality, else the unambiguous one first."""
    several = [1 + int(index) for index in np.argsort(-quality[1:])]
    return several if is_one_click else [0, *several]


def _inner(low_res: npt.NDArray[np.float32], frame: Frame) -> npt.NDArray[np.float32]:
    """Return low-resolution logits on the whole square, cropped to what the image fills."""
    side = (frame.side_px, frame.side_px)
    square = cast("npt.NDArray[np.float32]", cv2.resize(low_res, side, interpolation=cv2.INTER_LINEAR))
    return square[: frame.inner[0], : frame.inner[1]]
