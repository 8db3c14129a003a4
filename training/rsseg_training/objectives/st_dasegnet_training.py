"""One iteration of ST-DASegNet after another: teachers, students, discriminators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.models.layers.convolution import resize
from rsseg_training.objectives.averaged_teachers import teacher_share, update_teachers
from rsseg_training.objectives.pseudo_labels import PseudoLabels, pseudo_labels
from rsseg_training.objectives.st_dasegnet import discriminator_terms, generator_terms, source_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor
    from torch.optim import Optimizer

    from napari_rsseg.models.st_dasegnet import AdaptationParts, BranchOutputs, StDasegnet
    from rsseg_training.objectives.cross_entropy import MeanOver

__all__ = ["Iteration", "StDasegnetTraining"]


@dataclass(frozen=True)
class Iteration:
    """What one iteration did.

    Attributes
    ----------
    terms : dict of Tensor, () each
        Every loss, accuracy and total by name, detached.
    source, target, teacher : BranchOutputs
        What students saw in both domains, and the teachers in the target images.
    pseudo : PseudoLabels
        Of the target images.
    """

    terms: dict[str, Tensor]
    source: BranchOutputs
    target: BranchOutputs
    teacher: BranchOutputs
    pseudo: PseudoLabels


class StDasegnetTraining:
    """Trains on labelled source images and unlabelled target images (arXiv 2301.05526).

    Parameters
    ----------
    network : StDasegnet
        The students.
    parts : AdaptationParts
        Discriminators and teachers.
    optimizers : mapping of Optimizer
        By name of the part: the network's five and the two discriminators.
    rate : callable or None
        Learning rate of an iteration, from its number and a group's initial rate; None keeps the rates.
    faithful : bool
        Do as the published code: teachers keep their random start, run in training mode, and gather their own
        statistics; ignored pixels count in the means of the losses. Otherwise they start as copies, run in
        evaluation mode, and average statistics too; labelled pixels alone count.
    clip : float or None
        Largest norm of the students' gradient, all of them together; None: any, as published.
    """

    def __init__(
        self,
        network: StDasegnet,
        parts: AdaptationParts,
        optimizers: Mapping[str, Optimizer],
        *,
        rate: Callable[[int, float], float] | None = None,
        faithful: bool = False,
        clip: float | None = None,
    ) -> None:
        self.network, self.parts, self.optimizers = network, parts, dict(optimizers)
        self.rate, self.faithful, self.clip = rate, faithful, clip
        self.iteration = self.steps = 0
        self._mean_over: MeanOver = "all" if faithful else "labelled"
        self._rates = {
            name: [group["lr"] for group in optimizer.param_groups] for name, optimizer in optimizers.items()
        }
        self._copy_teachers()

    def step(
        self, images: Tensor, labels: Tensor, target_images: Tensor, target_valid: Tensor | None = None
    ) -> Iteration:
        """Run one iteration.

        Parameters
        ----------
        images, target_images : Tensor, (B, 3, H, W)
            Normalised, of the source and of the target domain, of one size.
        labels : Tensor, (B, H, W), int64
            Of the source images, 255 ignored.
        target_valid : Tensor or None, (B, H, W), bool
            Pixels of the target images that show something; None: all.
        """
        words = self.network.architecture
        if self.iteration == 0:
            self._copy_teachers()  # of what was learned on the source alone, if anything
        self._begin()
        source, target = self.network.branches(images), self.network.branches(target_images)
        teacher = self.parts.teach(self.network, target_images, target)
        size = (target_images.shape[-2], target_images.shape[-1])
        taught = resize((teacher.logits_s + teacher.logits_t) / 2, size)
        weights = words.ema.class_weight
        pseudo = pseudo_labels(
            taught,
            threshold=words.ema.threshold,
            rare_threshold=words.ema.rare_threshold,
            class_weights=taught.new_tensor(weights) if weights else None,
            low_confidence=words.ema.low_confidence,
            valid=target_valid,
        )
        terms = generator_terms(
            words, self.parts, (source, target), labels, pseudo, mean_over=self._mean_over
        )
        self._move_students(terms["total.generator"])
        terms |= self._train_discriminators(source, target, size)
        self.iteration += 1
        self.steps += 1
        return Iteration(_detached(terms), source, target, teacher, pseudo)

    def step_on_source(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Train the students on labelled images (B, 3, H, W) alone, before iterations begin; return terms.

        Teachers and discriminators stay as they are; the published code has no such steps.
        """
        self._begin()
        seen = self.network.branches(images)
        terms = source_terms(self.network.architecture, seen, labels, mean_over=self._mean_over)
        self._move_students(terms["total.generator"])
        self.steps += 1
        return _detached(terms)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next step depends on, but random states; the iteration too."""
        return {
            "network": self.network.state_dict(),
            "parts": self.parts.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "iteration": self.iteration,
            "steps": self.steps,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state; the published code restarts its count here and loses the teachers."""
        self.network.load_state_dict(state["network"])
        self.parts.load_state_dict(state["parts"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.iteration, self.steps = state["iteration"], state["steps"]

    def _copy_teachers(self) -> None:
        if not self.faithful:
            update_teachers(self.parts.teachers(self.network), 0.0, buffers=True)

    def _move_students(self, objective: Tensor) -> None:
        # the adversarial terms pass through the discriminators without a trace in them
        trained = [value for value in self.network.parameters() if value.requires_grad]
        objective.backward(inputs=trained)
        if self.clip is not None:
            torch.nn.utils.clip_grad_norm_(trained, self.clip)
        for name in self.optimizers:
            if not name.startswith("discriminator"):
                self.optimizers[name].step()

    def _begin(self) -> None:
        """Update teachers, set modes and rates, and clear gradients."""
        teachers = self.parts.teachers(self.network)
        if self.iteration:
            share = teacher_share(self.iteration, self.network.architecture.ema.decay)
            update_teachers(teachers, share, buffers=not self.faithful)
        self.network.train()
        self.parts.train()
        if not self.faithful:
            for teacher, _ in teachers:
                teacher.eval()
        for name, optimizer in self.optimizers.items():
            optimizer.zero_grad()
            if self.rate:
                for group, initial in zip(optimizer.param_groups, self._rates[name], strict=True):
                    group["lr"] = self.rate(self.steps, initial)

    def _train_discriminators(
        self, source: BranchOutputs, target: BranchOutputs, size: tuple[int, int]
    ) -> dict[str, Tensor]:
        """Train each to tell its own domain's features from the other's, seen by its branch."""
        terms: dict[str, Tensor] = {}
        weight = self.network.architecture.discriminator.loss_weight
        for branch, discriminator, real, fake, names in (
            ("s", self.parts.discriminator_s, source.features_s, target.features_s, ("s2s", "t2s")),
            ("t", self.parts.discriminator_t, target.features_t, source.features_t, ("t2t", "s2t")),
        ):
            features = (real[-1].detach(), fake[-1].detach())
            losses = discriminator_terms(discriminator, features, size, weight)
            (losses[0] + losses[1]).backward()
            self.optimizers[f"discriminator_{branch}"].step()
            terms |= {f"loss.gan_F_{name}_d{branch}": loss for name, loss in zip(names, losses, strict=True)}
        return terms


def _detached(terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in terms.items()}
