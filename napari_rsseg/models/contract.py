"""What every family of networks keeps to, as tests that any package can run on its own family.

A package that adds a family (entry-point group ``napari_rsseg.models``) subclasses `NetworkContract` in its
tests and names the family; pytest does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch
from safetensors.torch import load, save

from napari_rsseg.errors import ModelError
from napari_rsseg.models.build import build

if TYPE_CHECKING:
    from napari_rsseg.models.network import SegmentationNetwork

__all__ = ["NetworkContract"]


class NetworkContract:
    """Tests of one family; subclass it as ``TestMyFamily`` and set the attributes.

    Attributes
    ----------
    family : str
        Name of the entry point, as in a card.
    architecture : dict
        Arguments of a small network, JSON values only.
    bands, classes : int
        Of that network.
    side_px : int
        Side of the images fed, pixels; a multiple of the network's ``stride_px``.
    """

    family: ClassVar[str]
    architecture: ClassVar[dict[str, Any]]
    bands: ClassVar[int] = 3
    classes: ClassVar[int] = 2
    side_px: ClassVar[int] = 64

    def _network(self) -> SegmentationNetwork:
        torch.manual_seed(0)
        return build(self.family, self.architecture)

    def _images(self, count: int = 2) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return torch.randn(count, self.bands, self.side_px, self.side_px, generator=generator)

    def test_logits_have_a_channel_per_class_and_the_size_of_the_image(self) -> None:
        """The engine lays logits over the pixels of the tile."""
        network = self._network().eval()
        assert self.side_px % network.stride_px == 0
        with torch.no_grad():
            logits = network(self._images())
        assert logits.shape == (2, self.classes, self.side_px, self.side_px)
        assert logits.dtype == torch.float32
        assert torch.isfinite(logits).all()

    def test_an_image_gets_the_same_logits_alone_and_among_others(self) -> None:
        """The engine chooses the size of a batch by the memory that is free."""
        network = self._network().eval()
        images = self._images(3)
        with torch.no_grad():
            together = network(images)
            alone = torch.cat([network(image[None]) for image in images])
        torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-4)

    def test_evaluation_is_the_same_each_time(self) -> None:
        """A result must not depend on which worker made it, or when."""
        network = self._network().eval()
        with torch.no_grad():
            assert torch.equal(network(self._images()), network(self._images()))

    def test_weights_stored_as_safetensors_give_the_same_network(self) -> None:
        """All that makes the logits is in the state; nothing of a file is code."""
        network = self._network().eval()
        stored = save({key: value.contiguous() for key, value in network.state_dict().items()})
        torch.manual_seed(1)
        other = build(self.family, self.architecture)
        other.load_state_dict(load(stored))
        with torch.no_grad():
            assert torch.equal(other.eval()(self._images()), network(self._images()))

    def test_gradients_reach_what_trains(self) -> None:
        """The trainer fits every parameter that asks for it."""
        network = self._network().train()
        network(self._images()).square().mean().backward()
        trained = [value for value in network.parameters() if value.requires_grad]
        assert trained
        assert any(value.grad is not None and value.grad.any() for value in trained)

    def test_an_unknown_argument_is_refused(self) -> None:
        """A card with a slip must not build another network in silence."""
        try:
            build(self.family, {**self.architecture, "no_such_argument": 1})
        except ModelError:
            return
        raise AssertionError("an architecture with an unknown argument was built")
