"""ST-DASegNet's iterations in the loop that drives every training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from torch import Tensor, nn

    from rsseg_training.adaptation.pairs import DomainBatch
    from rsseg_training.objectives import StDasegnetTraining

__all__ = ["AdaptationStepper"]

_TOLD = ("loss.", "total.generator")


class AdaptationStepper:
    """Trains on the source alone first, then on both domains.

    Parameters
    ----------
    training : StDasegnetTraining
        Network, discriminators and teachers, on the device.
    device : torch.device
        Where batches go.
    source_steps : int
        Steps on the source alone; 0: none, as published.
    check : callable
        Told the generator's objective of a 0-based step; raises where training cannot go on.
    """

    def __init__(
        self,
        training: StDasegnetTraining,
        device: torch.device,
        *,
        source_steps: int,
        check: Callable[[float, int], None],
    ) -> None:
        self._training, self._device = training, device
        self._source_steps, self._check = source_steps, check

    @property
    def network(self) -> nn.Module:
        """The students; they are what predicts."""
        return self._training.network

    def step(self, batch: DomainBatch, step: int) -> dict[str, float]:
        """Run one iteration, or one step on the source; return losses and the objective."""
        images, labels = self._copied(batch.images), batch.labels.to(self._device).long()
        terms: dict[str, Tensor]
        if step < self._source_steps:
            terms = self._training.step_on_source(images, labels)
        else:
            target_images = self._copied(batch.target_images)
            # as published every pixel counts, padding too
            valid = None if self._training.faithful else batch.target_valid.to(self._device)
            iteration = self._training.step(images, labels, target_images, valid)
            terms = iteration.terms | {"confident_share": iteration.pseudo.confident_share}
        self._check(float(terms["total.generator"]), step)
        return {
            name: float(value)
            for name, value in terms.items()
            if name.startswith(_TOLD) or name == "confident_share"
        }

    def _copied(self, images: Tensor) -> Tensor:
        # torch aligns its own memory alike each time, numpy does not, and sums may depend on it
        return images.to(self._device, copy=True)

    def state_dict(self) -> dict[str, Any]:
        """Return students, discriminators, teachers, their optimizers and counters."""
        return self._training.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._training.load_state_dict(state)
